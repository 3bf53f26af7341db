"""The edge's own marks of each answer, read from the landing and laid beside what the guests saw."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from pilot.business_days import session_day
from storage.home import Home
from storage.landing.days import read_day

# A log file is sealed at most a second after its session, otherwise after 30 s.
PUBLISHED_SECONDS = 45.0
POLL_SECONDS = 1.0
ENDINGS = ("session_completed", "session_abandoned")


@dataclass(frozen=True, slots=True)
class Landed:
    """What the landing holds of some sessions.

    Attributes:
        marks: Milliseconds after the last voiced sample as the edge heard it, by session and turn, by stage.
        events: How many events of each name.
        ended: Sessions that ended with an event.
        words: Whether each committed turn has words, by session and turn.
        epochs: How often each session was resumed, plus one.
    """

    marks: Mapping[tuple[str, int], Mapping[str, float]] = field(default_factory=dict)
    events: Mapping[str, int] = field(default_factory=dict)
    ended: frozenset[str] = frozenset()
    words: Mapping[tuple[str, int], bool] = field(default_factory=dict)
    epochs: Mapping[str, int] = field(default_factory=dict)


async def landed(home: Home, sessions: Collection[str], *, wait_seconds: float = PUBLISHED_SECONDS) -> Landed:
    """Return what the landing holds of the sessions, once all have ended there or the wait is over."""
    deadline = time.monotonic() + wait_seconds
    while True:
        found = await asyncio.to_thread(read_landed, home, sessions)
        if len(found.ended) == len(sessions) or time.monotonic() > deadline:
            return found
        await asyncio.sleep(POLL_SECONDS)


def read_landed(home: Home, sessions: Collection[str]) -> Landed:
    """Return what the landing holds of the sessions now."""
    wanted = sorted(sessions)
    days: set[date] = {session_day(session) for session in wanted}
    marks: dict[tuple[str, int], dict[str, float]] = {}
    words: dict[tuple[str, int], bool] = {}
    events: Counter[str] = Counter()
    epochs: dict[str, int] = {}
    ended: set[str] = set()
    for day in days:
        frame = read_day(home.segments(), day).frame.filter(pl.col("session_id").is_in(wanted))
        for session, event, epoch, data in frame.select("session_id", "event", "epoch", "data").iter_rows():
            events[event] += 1
            epochs[session] = max(epochs.get(session, 0), epoch)
            if event in ENDINGS:
                ended.add(session)
            elif event == "reply_sent":
                fields = json.loads(data)
                marks[session, fields["turn"]] = _numbers(fields["marks"])
            elif event == "utterance_committed":
                fields = json.loads(data)
                words[session, fields["turn"]] = bool(fields["transcript"].strip())
    return Landed(marks=marks, events=dict(events), ended=frozenset(ended), words=words, epochs=epochs)


def _numbers(marks: Mapping[str, object]) -> dict[str, float]:
    return {name: float(value) for name, value in marks.items() if isinstance(value, int | float)}
