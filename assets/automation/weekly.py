"""Runs the weekly maintenance on Sunday from 02:00, once, also on the Sundays of a clock change."""

# Without `from __future__ import annotations`: Dagster reads the annotations themselves.

from datetime import UTC, datetime

import dagster as dg

from assets.framework.failures import failures_without_words
from assets.framework.resources import HomeResource
from operations.backup.cadence import last_opening
from operations.weekly.due import starts_since, why_not_due
from operations.weekly.maintenance import run_week
from operations.weekly.steps import weekly_steps
from pilot.business_days import STOCKHOLM
from storage.home import Home

CHECKED_AT = "*/10 * * * *"
ACTOR = "dagster"


@dg.op
def maintain_week(context: dg.OpExecutionContext, home: HomeResource) -> None:
    """Run the steps of the weekly maintenance; updates of the system are only listed.

    Raises:
        dg.Failure: a step is not well; the others have run.
    """
    with failures_without_words("the weekly maintenance"):
        opened, now = home.open(), datetime.now(UTC)
        results = run_week(opened, weekly_steps(opened, now=now, actor=ACTOR, apply=False), now=now, actor=ACTOR)
        for each in results:
            context.log.info(f"{each.finding.name}: {each.finding.state}, {each.seconds:.1f} s")
        bad = [each.finding for each in results if not each.finding.ok]
        if bad:
            said = " ".join(f"{each.name}: {each.found}." for each in bad)
            raise dg.Failure(f"{said} See `pilot weekly-maintenance --status`.", allow_retries=False)


@dg.job(
    name="weekly_maintenance",
    description="Packages, store, backups, logs, retention, and the performance report.",
    executor_def=dg.in_process_executor,
)
def weekly_maintenance() -> None:
    """Run the weekly maintenance."""
    maintain_week()


@dg.schedule(
    job=weekly_maintenance,
    name="maintain_weekly",
    cron_schedule=CHECKED_AT,
    execution_timezone=str(STOCKHOLM),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Runs the maintenance once a week, on Sunday from 02:00 after the backup, or when the machine is back.",
)
def maintain_weekly(context: dg.ScheduleEvaluationContext, home: HomeResource) -> dg.RunRequest | dg.SkipReason:
    """Request the maintenance if it is due."""
    return request_week(home.open(), now=context.scheduled_execution_time)


def request_week(home: Home, *, now: datetime) -> dg.RunRequest | dg.SkipReason:
    """Request a run if the maintenance is due.

    Its key has the number of starts, so that a dead run is continued.

    Args:
        home: The home.
        now: The scheduled time.
    """
    if (why := why_not_due(home, now=now)) is not None:
        return dg.SkipReason(why)
    opening = last_opening("maintenance", now)
    return dg.RunRequest(run_key=f"maintenance {opening.isoformat()} {starts_since(home, opening)}")
