"""Deadlines for an acknowledgement: by severity and level, in support hours or around the clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from operations.alerting.catalogue import AlertKind, Level
from pilot.support_hours import support_at

Severity = Literal["high", "medium", "low"]
TOP: Level = 3
# High: level 3 answers within 15 minutes at any hour, level 2 within 30 minutes of support hours.
HIGH_MINUTES: dict[Level, int] = {1: 15, 2: 30, 3: 15}
MINUTES: dict[Severity, int] = {"medium": 60, "low": 240}
MOST_PAGES = 8  # Messages of one unacknowledged episode; the highest level is notified again and again until then.


def first_level(kind: AlertKind, severity: Severity, *, at: datetime) -> Level:
    """Return the level that is notified first: after hours, a high alert goes to the highest."""
    return TOP if severity == "high" and not support_at(at).open else kind.level


def next_level(level: int, severity: Severity, *, at: datetime) -> Level:
    """Return the level after one that did not acknowledge."""
    if severity == "high" and not support_at(at).open:
        return TOP
    return {0: 1, 1: 2}.get(level, TOP)  # type: ignore[return-value]


def deadline(severity: Severity, level: Level, *, at: datetime, pages: int) -> datetime | None:
    """Return when the next level is notified without an acknowledgement; None for never.

    Args:
        severity: The alert's severity.
        level: The level that was notified.
        at: When it was notified.
        pages: How often the episode's levels were notified, this time included.
    """
    if severity == "high":
        if pages >= MOST_PAGES:
            return None
        due = at + timedelta(minutes=HIGH_MINUTES[level])
        # Below the highest level nobody answers after hours: the closing time is the deadline then.
        return due if level == TOP else min(due, max(at, support_at(at).until))
    return None if level == TOP else after_support_time(at, timedelta(minutes=MINUTES[severity]))


def after_support_time(moment: datetime, needed: timedelta) -> datetime:
    """Return the moment at which some support time has passed since another."""
    while True:
        support = support_at(moment)
        if support.open:
            if moment + needed <= support.until:
                return moment + needed
            needed -= support.until - moment
        moment = support.until
