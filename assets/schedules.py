"""What happens by the clock: days are settled, and the suites judge what was rebuilt."""

# Without `from __future__ import annotations`: Dagster reads the annotations themselves.

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import dagster as dg

from assets.jobs import judging, quality, rebuild, reports
from assets.partitions import covered_days, range_tags, ranges
from assets.resources import HomeResource
from pilot.business_days import STOCKHOLM, business_day
from pilot.tables import JUDGEMENTS

# Once when the day's last sessions have fallen silent, once when nothing can change what it is judged by
# (assets.as_of): no segment comes that would make the sensor look at the day again.
SETTLE_AT = ["20 0 * * *", "10 12 * * *"]
REPORT_AT = "40 12 * * *"  # when yesterday is settled
JUDGE_AT = "25 * * * *"
JUDGE_BY_NIGHT_AT = "50 1 * * *"
JUDGE_BY_NIGHT_BACK_MINUTES = 25 * 60  # a day and a little, the longest of the year included
JUDGE_BACK_MINUTES = 75  # an hour and a little: no rebuild falls between two judgements


@dg.schedule(
    job=rebuild,
    name="settle_yesterday",
    cron_schedule=SETTLE_AT,
    execution_timezone=str(STOCKHOLM),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Rebuilds yesterday: its open sessions have fallen silent, and its time has run out.",
)
def settle_yesterday(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Ask for the day before the tick's."""
    yesterday = business_day(context.scheduled_execution_time) - timedelta(days=1)
    return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat(), tags=range_tags(yesterday, yesterday))


@dg.schedule(
    job=reports,
    name="report_yesterday",
    cron_schedule=REPORT_AT,
    execution_timezone=str(STOCKHOLM),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Builds the pilot's reports up to yesterday, once its figures are final.",
)
def report_yesterday(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Ask for the reports up to the day before the tick's."""
    yesterday = business_day(context.scheduled_execution_time) - timedelta(days=1)
    return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat(), tags=range_tags(yesterday, yesterday))


@dg.schedule(
    job=quality,
    name="judge_rebuilt_days",
    cron_schedule=JUDGE_AT,
    execution_timezone=str(STOCKHOLM),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Runs the suites on the business days that were rebuilt in the last hour.",
)
def judge_rebuilt_days(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Ask for the suites on each range of days that a successful run rebuilt since the last tick."""
    moment = context.scheduled_execution_time
    days = rebuilt_days(context.instance, since=moment - timedelta(minutes=JUDGE_BACK_MINUTES))
    if not days:
        yield dg.SkipReason("no day was rebuilt")
    for first, last in ranges(days):
        yield dg.RunRequest(run_key=f"{moment.isoformat()} {first} {last}", tags=range_tags(first, last))


@dg.schedule(
    job=judging,
    name="judge_by_night",
    cron_schedule=JUDGE_BY_NIGHT_AT,
    execution_timezone=str(STOCKHOLM),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Lets the language model judge the days that were rebuilt; forgets judgements of what was erased.",
)
def judge_by_night(
    context: dg.ScheduleEvaluationContext, home: HomeResource
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Ask for the judgements of each range of days that was rebuilt since the last tick."""
    opened = home.open()
    if not opened.settings.judgements and opened.lake().version(JUDGEMENTS) is None:
        yield dg.SkipReason("judgements are switched off, and there are none to forget")
        return
    moment = context.scheduled_execution_time
    days = rebuilt_days(context.instance, since=moment - timedelta(minutes=JUDGE_BY_NIGHT_BACK_MINUTES))
    for first, last in ranges(days):
        yield dg.RunRequest(run_key=f"{moment.isoformat()} {first} {last}", tags=range_tags(first, last))


def rebuilt_days(instance: dg.DagsterInstance, *, since: datetime) -> set[date]:
    """Return the business days that successful runs of `rebuild` covered since a moment."""
    records = instance.get_run_records(
        dg.RunsFilter(
            job_name=rebuild.name, statuses=[dg.DagsterRunStatus.SUCCESS], updated_after=since.astimezone(UTC)
        )
    )
    return {day for record in records for day in covered_days(record.dagster_run)}
