"""The cadence of backups and the weekly maintenance: when each is due, which backups are kept.

A job is due once after each of its openings, at once if an opening was missed. On a Sunday of a clock change none is
due between 02:00 and 03:00, which does not exist or happens twice; only the copies of a changed store continue.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Literal

from operations.backup.catalog import Backup
from pilot.business_days import at_local, business_day, day_bounds, local_time

Job = Literal["whole", "configuration", "snapshot", "maintenance", "drill"]

SNAPSHOT_HOURS = (0, 6, 12, 18)
WHOLE_AT = time(2, 0)
CONFIGURATION_AT = time(3, 0)
AFTER_CHANGE_AT = time(3, 15)  # instead, on a Sunday of a clock change
MAINTENANCE_AT, MAINTENANCE_WEEKDAY = time(2, 0), 6
DRILL_AT, DRILL_DAY = time(5, 0), 1
LONGEST_PERIOD_DAYS = 32
CHANGE_HOUR = 2
BASE_YOUNGER_THAN = timedelta(days=2)
KEPT_MINUTES = timedelta(minutes=15)  # all recent backups of this time are kept, older ones once in a snapshot's hours


def changes_clock(day: date) -> bool:
    """Return whether Stockholm's clock changes on a day."""
    start, end = day_bounds(day)
    return end - start != timedelta(days=1)


def is_change_hour(moment: datetime) -> bool:
    """Return whether a moment lies in the hour that a clock change repeats."""
    return local_time(moment).hour == CHANGE_HOUR and changes_clock(business_day(moment))


def openings(job: Job, day: date) -> list[datetime]:
    """Return the moments of a business day at which a job becomes due, UTC."""
    walls: list[time] = []
    if job == "snapshot":
        walls = [time(hour) for hour in SNAPSHOT_HOURS]
    elif job in ("whole", "configuration"):
        usual = WHOLE_AT if job == "whole" else CONFIGURATION_AT
        walls = [AFTER_CHANGE_AT if changes_clock(day) else usual]
    elif job == "maintenance":
        wall = AFTER_CHANGE_AT if changes_clock(day) else MAINTENANCE_AT
        walls = [wall] if day.weekday() == MAINTENANCE_WEEKDAY else []
    elif day.day == DRILL_DAY:
        walls = [DRILL_AT]
    return [at_local(day, wall) for wall in walls]


def last_opening(job: Job, now: datetime) -> datetime:
    """Return the latest moment up to now at which a job became due."""
    today = business_day(now)
    for back in range(LONGEST_PERIOD_DAYS):
        passed = [moment for moment in openings(job, today - timedelta(days=back)) if moment <= now]
        if passed:
            return max(passed)
    raise AssertionError(f"{job} has no opening within its longest period")


def is_due(job: Job, *, last: datetime | None, now: datetime) -> bool:
    """Return whether a job is due.

    Args:
        job: The job.
        last: The start of its latest success; None if there was none.
        now: The current time.
    """
    if is_change_hour(now):
        return False
    return last is None or last < last_opening(job, now)


def base_of(backups: Sequence[Backup], *, now: datetime) -> Backup | None:
    """Return the whole backup that a recent one continues; None if it must contain all.

    Args:
        backups: The home's backups, oldest first.
        now: The current time.
    """
    whole = [each for each in backups if each.manifest.scope == "whole" and each.manifest.home]
    return whole[-1] if whole and now - whole[-1].made_at < BASE_YOUNGER_THAN else None


def superseded(backups: Iterable[Backup], *, now: datetime) -> list[Backup]:
    """Return the recent backups that are no longer needed: all but the latest ones, and each snapshot.

    Args:
        backups: The home's backups, oldest first.
        now: The current time.
    """
    recent = [each for each in backups if each.manifest.scope == "recent"]
    snapshots = {last_opening("snapshot", each.made_at): each for each in reversed(recent)}
    kept = {each.path for each in snapshots.values()} | {each.path for each in recent[-1:]}
    return [each for each in recent if each.path not in kept and now - each.made_at > KEPT_MINUTES]
