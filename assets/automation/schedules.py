"""The schedules: settle days, judge rebuilt days, build reports, apply time limits."""

# Without `from __future__ import annotations`: Dagster reads the annotations themselves.

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import dagster as dg

from assets.automation.jobs import judging, keeping_limits, quality, rebuild, reports
from assets.framework.partitions import covered_days, exists, range_tags, ranges
from assets.framework.resources import HomeResource
from operations.retention.carry_out import due, waiting
from pilot.business_days import STOCKHOLM, business_day
from pilot.lake_tables.tables import JUDGEMENTS

# After the day's last sessions have timed out, and after the day is settled (assets.framework.as_of): without new
# segments the sensor does not rebuild the day at these times.
SETTLE_AT = ["20 0 * * *", "10 12 * * *"]
REPORT_AT = "40 12 * * *"  # after yesterday is settled
JUDGE_AT = "25 * * * *"
JUDGE_BY_NIGHT_AT = "50 1 * * *"
JUDGE_BY_NIGHT_BACK_MINUTES = 25 * 60  # longer than the year's longest day
JUDGE_BACK_MINUTES = 75  # more than an hour: no rebuild falls between two judgements
# The second verifies what the first removed, once old versions of tables could be deleted.
KEEP_LIMITS_AT = ["30 4 * * *", "45 4 * * *"]


@dg.schedule(
    job=rebuild,
    name="settle_yesterday",
    cron_schedule=SETTLE_AT,
    execution_timezone=str(STOCKHOLM),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Rebuilds yesterday after its open sessions have timed out, and once more when it is settled.",
)
def settle_yesterday(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Request a rebuild of the day before the tick."""
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
    """Request the reports up to the day before the tick."""
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
    """Request the suites on each range of days rebuilt, or emptied by retention, since the last tick."""
    moment = context.scheduled_execution_time
    since = moment - timedelta(minutes=JUDGE_BACK_MINUTES)
    days = rebuilt_days(context.instance, since=since, job=rebuild.name)
    days |= rebuilt_days(context.instance, since=since, job=keeping_limits.name)
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
    description="Has the language model judge rebuilt days; removes judgements of erased sessions.",
)
def judge_by_night(
    context: dg.ScheduleEvaluationContext, home: HomeResource
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Request judgements for each range of days that was rebuilt since the last tick."""
    opened = home.open()
    if not opened.settings.judgements and opened.lake().version(JUDGEMENTS) is None:
        yield dg.SkipReason("judgements are switched off, and there are none to remove")
        return
    moment = context.scheduled_execution_time
    since = moment - timedelta(minutes=JUDGE_BY_NIGHT_BACK_MINUTES)
    days = rebuilt_days(context.instance, since=since, job=rebuild.name)
    for first, last in ranges(days):
        yield dg.RunRequest(run_key=f"{moment.isoformat()} {first} {last}", tags=range_tags(first, last))


@dg.schedule(
    job=keeping_limits,
    name="keep_limits_nightly",
    cron_schedule=KEEP_LIMITS_AT,
    execution_timezone=str(STOCKHOLM),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Removes data that has reached its time limit, and verifies earlier removals.",
)
def keep_limits_nightly(
    context: dg.ScheduleEvaluationContext, home: HomeResource
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Request each range of days with data to remove or removals to verify."""
    moment, opened = context.scheduled_execution_time.astimezone(UTC), home.open()
    found = {each.day for each in due(opened, now=moment)} | {each.day for each in waiting(opened, now=moment)}
    days = [day for day in found if exists(day, now=moment)]
    if not days:
        yield dg.SkipReason("nothing has reached its time limit")
    for first, last in ranges(days):
        yield dg.RunRequest(run_key=f"{moment.isoformat()} {first} {last}", tags=range_tags(first, last))


def rebuilt_days(instance: dg.DagsterInstance, *, since: datetime, job: str) -> set[date]:
    """Return the business days that successful runs of a job covered since `since`."""
    records = instance.get_run_records(
        dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS], updated_after=since.astimezone(UTC))
    )
    return {day for record in records for day in covered_days(record.dagster_run)}
