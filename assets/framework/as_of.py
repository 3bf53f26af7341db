"""The moment up to which a business day is judged, so that a rerun of a settled day gives the same rows.

A run judges its days at its own start, or at the moment in its tag `pilot/as_of`. Whatever the run, a day is never
judged later than twelve hours after its end: from then on it is settled, and every rebuild uses that same moment.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import dagster as dg

from pilot.business_days import day_bounds

AS_OF_TAG = "pilot/as_of"
SETTLED_AFTER_HOURS = 12  # a session outlives midnight by minutes; a phone that resumes next morning still counts


def as_of(day: date, *, moment: datetime) -> datetime:
    """Return the moment at which `day` is judged by a run that judges at `moment` (aware)."""
    _, end = day_bounds(day)
    return min(moment.astimezone(UTC), end + timedelta(hours=SETTLED_AFTER_HOURS))


def run_moment(context: dg.AssetExecutionContext) -> datetime:
    """Return the moment at which a run judges: its tag, else its start.

    Raises:
        dg.Failure: the tag is not an ISO moment with a time zone.
    """
    tag = context.run.tags.get(AS_OF_TAG)
    if tag is not None:
        return _tagged(tag)
    record = context.instance.get_run_record_by_id(context.run.run_id)
    if record is None or record.start_time is None:
        raise dg.Failure(f"The run's start is not recorded; give the moment in the tag {AS_OF_TAG}.")
    return datetime.fromtimestamp(record.start_time, tz=UTC)


def _tagged(tag: str) -> datetime:
    try:
        moment = datetime.fromisoformat(tag)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise dg.Failure(
            f"The tag {AS_OF_TAG} is {tag!r}, expected a moment such as 2026-11-24T11:00:00Z.", allow_retries=False
        )
    return moment
