"""When the weekly maintenance is due: Sunday 02:00 of Stockholm, after that night's backup."""

from __future__ import annotations

from datetime import datetime, timedelta

from operations.backup.cadence import is_due, last_opening
from operations.backup.schedule import own_backups
from storage.home import Home
from storage.store import audit

STARTED = "weekly.start"
FINISHED = "weekly.finish"
LONGEST_WAIT = timedelta(hours=2)  # for the night's backup; its absence is then a finding of the maintenance
MOST_STARTS = 3  # a run that dies is continued, but not for ever


def why_not_due(home: Home, *, now: datetime) -> str | None:
    """Return the reason for which no maintenance starts now; None if it is due.

    Args:
        home: The home.
        now: The current time, UTC.
    """
    if home.kind == "demo":
        return "a demo home needs no maintenance"
    last = _last_finish(home)
    if last is None:
        return "the home is new"
    opening = last_opening("maintenance", now)
    if not is_due("maintenance", last=last, now=now):
        return f"done since {opening.isoformat()}, or the hour of a clock change"
    if starts_since(home, opening) >= MOST_STARTS:
        return f"started {MOST_STARTS} times since {opening.isoformat()} without an end; run it by hand"
    whole = [each.made_at for each in own_backups(home) if each.manifest.scope == "whole"]
    if now - opening < LONGEST_WAIT and not any(made >= last_opening("whole", now) for made in whole):
        return "the night's backup is not made yet"
    return None


def starts_since(home: Home, opening: datetime) -> int:
    """Return how often a maintenance was started since a moment."""
    return audit.page(home.store(), audit.Filter(action=STARTED, since=opening), offset=0, limit=1)[1]


def _last_finish(home: Home) -> datetime | None:
    """Return when the last maintenance ended; without one, when the home's first action was recorded."""
    store = home.store()
    entries, count = audit.page(store, audit.Filter(action=FINISHED), offset=0, limit=1)
    if count == 0:
        total = audit.page(store, audit.Filter(), offset=0, limit=1)[1]
        entries, _ = audit.page(store, audit.Filter(), offset=max(total - 1, 0), limit=1)
    return entries[0].at if entries else None
