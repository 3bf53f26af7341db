"""The moment as of which a business day is judged; it is fixed once the day is settled.

A run judges its days as of its own start, or of the moment in its tag `pilot/as_of`, but never later than twelve hours
after the day's end: from then on the day is settled, and every rebuild uses the same moment.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import dagster as dg

from pilot.business_days import day_bounds

AS_OF_TAG = "pilot/as_of"
SETTLED_AFTER_HOURS = 12  # a session may cross midnight; a phone may resume in the morning


def as_of(day: date, *, moment: datetime) -> datetime:
    """Return the moment as of which a run at `moment` (aware) judges `day`."""
    _, end = day_bounds(day)
    return min(moment.astimezone(UTC), end + timedelta(hours=SETTLED_AFTER_HOURS))


def run_moment(context: dg.AssetExecutionContext) -> datetime:
    """Return the moment of a run's judgements: its tag, else its start.

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
