"""Chooses the feedback that a café can be proud of, as redacted words short enough for a letter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

from pilot.redaction import redact
from pipelines.feedback.satisfaction import satisfaction_of
from storage.snapshot import Snapshot
from storage.store.engine import Store
from storage.store.privacy import tombstones

CANDIDATES = 10
MOST_CHARACTERS = 240
POLARITY = re.compile(r':\s*"(\w+)"')  # of a theme in the column of claims
URGENT_PREFIX = "urgent_"


@dataclass(frozen=True, slots=True)
class Praise:
    """One feedback that only praises.

    Attributes:
        session_id: The session, for the link to its day.
        day: Its business day.
        language: sv or en.
        words: Redacted words of the guest.
    """

    session_id: str
    day: date
    language: Literal["sv", "en"]
    words: str


def praise_of(
    snapshot: Snapshot, store: Store, *, cafe: str, days: tuple[date, date], simulated: bool
) -> Praise | None:
    """Return the most useful feedback that only praises; None without one.

    It has no signal and no urgent flag, and its guest was not erased.

    Args:
        snapshot: A snapshot of SCORED_FEEDBACK and TURNS.
        store: The store.
        cafe: The café.
        days: The first and the last day.
        simulated: Whether simulated feedback is read instead of real.
    """
    rows = snapshot.sql(
        "select session_id, day, language, coalesce(themes, '') as themes, coalesce(flags, []) as flags "
        "from scored_feedback where cafe = ? and simulated = ? and day between ? and ? and len(signals) = 0 "
        "order by score desc, completed_at, session_id",
        (cafe, simulated, *days),
    ).rows()
    praising = [
        (session, day, language)
        for session, day, language, themes, flags in rows
        if satisfaction_of(POLARITY.findall(themes)) == "positive"
        and not any(flag.startswith(URGENT_PREFIX) for flag in flags)
    ]
    for session, day, spoken in praising[:CANDIDATES]:
        language: Literal["sv", "en"] = "en" if spoken == "en" else "sv"
        if session not in tombstones.for_day(store, day):
            words = _words(snapshot, session, day, language=language)
            if words:
                return Praise(session, day, language, words)
    return None


def _words(snapshot: Snapshot, session: str, day: date, *, language: Literal["sv", "en"]) -> str:
    """Return the first sure turn of a session, redacted again and shortened; empty without words."""
    rows = snapshot.sql(
        "select transcript from turns where session_id = ? and day = ? and not low_confidence "
        "and coalesce(transcript, '') <> '' order by turn limit 1",
        (session, day),
    ).rows()
    return shortened(redact(cast(str, rows[0][0]), language)) if rows else ""


def shortened(text: str, *, most: int = MOST_CHARACTERS) -> str:
    """Return a text on one line, cut after a word if it is long."""
    line = re.sub(r"\s+", " ", text).strip()
    if len(line) <= most:
        return line
    return f"{line[:most].rsplit(' ', 1)[0].rstrip(' ,;:–-')} …"
