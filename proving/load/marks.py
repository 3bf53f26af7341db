"""The edge's own marks of each answer, read from the landing."""

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

# A log file is sealed within a second of its session's end, otherwise after 30 s.
PUBLISHED_SECONDS = 45.0
POLL_SECONDS = 1.0
ENDINGS = ("session_completed", "session_abandoned")


@dataclass(frozen=True, slots=True)
class LandedSessions:
    """The events of some sessions in the landing.

    Attributes:
        marks: Milliseconds after the edge's end of speech, by session and turn, by stage.
        events: The number of events by name.
        ended: Sessions that ended with an event.
        words: Whether each committed turn has words, by session and turn.
        epochs: One plus the number of resumptions, by session.
    """

    marks: Mapping[tuple[str, int], Mapping[str, float]] = field(default_factory=dict)
    events: Mapping[str, int] = field(default_factory=dict)
    ended: frozenset[str] = frozenset()
    words: Mapping[tuple[str, int], bool] = field(default_factory=dict)
    epochs: Mapping[str, int] = field(default_factory=dict)


async def wait_until_landed(
    home: Home, sessions: Collection[str], *, wait_seconds: float = PUBLISHED_SECONDS
) -> LandedSessions:
    """Return the sessions' events once all sessions have ended in the landing, or after the wait."""
    deadline = time.monotonic() + wait_seconds
    while True:
        found = await asyncio.to_thread(read_landed, home, sessions)
        if len(found.ended) == len(sessions) or time.monotonic() > deadline:
            return found
        await asyncio.sleep(POLL_SECONDS)


def read_landed(home: Home, sessions: Collection[str]) -> LandedSessions:
    """Return the sessions' events that have landed so far."""
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
    return LandedSessions(marks=marks, events=dict(events), ended=frozenset(ended), words=words, epochs=epochs)


def _numbers(marks: Mapping[str, object]) -> dict[str, float]:
    return {name: float(value) for name, value in marks.items() if isinstance(value, int | float)}
