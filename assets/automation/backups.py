"""Deletes expired backups every night, and drills a restore each month.

Expired backups still contain, sealed, sessions erased since. A backup with an unreadable manifest cannot be restored:
the run fails after its other work, so that it is alerted, as a failed drill is. The watch makes the backups
(`operations/backup/schedule.py`); the weekly maintenance verifies them (`weekly.py`).
"""

# Without `from __future__ import annotations`: Dagster reads the annotations themselves.

from datetime import UTC, datetime

import dagster as dg

from assets.framework.failures import failures_without_words
from assets.framework.resources import HomeResource
from operations.backup.cadence import Job, is_due, last_opening
from operations.backup.catalog import backup_folder, damaged_backups
from operations.backup.drill import DRILLED, drill
from operations.backup.schedule import own_backups
from operations.retention.backups import delete_old_backups
from pilot.business_days import STOCKHOLM
from storage.home import Home
from storage.store import audit

FORGET_AT = "35 4 * * *"
DUE_AT = "5 * * * *"  # whether a drill is due is checked every hour; its period is in the run's key
ACTOR = "dagster"


@dg.op
def forget_old_backups(context: dg.OpExecutionContext, home: HomeResource) -> None:
    """Delete expired backups.

    Raises:
        dg.Failure: a backup's manifest cannot be read.
    """
    with failures_without_words("forgetting backups"):
        settings = home.open().settings
        forgotten = delete_old_backups(settings, now=datetime.now(UTC))
        context.log.info(f"forgot {len(forgotten)} backups")
        if unread := damaged_backups(backup_folder(settings)):
            names = ", ".join(path.name for path in unread)
            raise dg.Failure(
                f"These backups cannot be restored, their manifest cannot be read: {names}. Make another one "
                "(`pilot backup now`), and delete them or put their manifest back.",
                allow_retries=False,
            )


@dg.job(
    name="forgetting_backups",
    description="Deletes expired backups, and fails if one cannot be read.",
    executor_def=dg.in_process_executor,
)
def forgetting_backups() -> None:
    """Delete expired backups."""
    forget_old_backups()


forget_backups_nightly = dg.ScheduleDefinition(
    name="forget_backups_nightly",
    job=forgetting_backups,
    cron_schedule=FORGET_AT,
    execution_timezone=str(STOCKHOLM),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Deletes expired backups every night, independent of other jobs.",
)


@dg.op
def drill_restore(context: dg.OpExecutionContext, home: HomeResource) -> None:
    """Restore the newest backup whole to scratch, verify its data and time it.

    Raises:
        dg.Failure: the drill failed.
    """
    with failures_without_words("drilling a restore"):
        done = drill(home.open(), now=datetime.now(UTC), actor=ACTOR)
        context.log.info(f"{done.backup}: database {done.database_seconds:.1f} s, home {done.home_seconds:.1f} s")
        if not done.passed:
            wrong = "; ".join(check.found for check in done.checks if not check.ok)
            fault = done.fault or wrong or "it was slower than the recovery objectives"
            raise dg.Failure(f"The restore drill failed: {fault} See docs/operations/restore.md.", allow_retries=False)


@dg.job(
    name="drilling_restore",
    description="Restores the newest backup whole to scratch, verifies its data and times it.",
    executor_def=dg.in_process_executor,
)
def drilling_restore() -> None:
    """Drill a restore."""
    drill_restore()


@dg.schedule(
    job=drilling_restore,
    name="drill_restore_monthly",
    cron_schedule=DUE_AT,
    execution_timezone=str(STOCKHOLM),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Drills a restore once a month, on the first morning or when the machine is back.",
)
def drill_restore_monthly(context: dg.ScheduleEvaluationContext, home: HomeResource) -> dg.RunRequest | dg.SkipReason:
    """Request a drill if none has run since the first morning of the month."""
    return request_if_due("drill", DRILLED, home.open(), now=context.scheduled_execution_time)


def request_if_due(job: Job, action: str, home: Home, *, now: datetime) -> dg.RunRequest | dg.SkipReason:
    """Request a run if the audit log has no run of the job since it became due.

    Args:
        job: The job.
        action: Its action in the audit log.
        home: The home.
        now: The scheduled time.
    """
    made = [each.made_at for each in own_backups(home) if each.manifest.scope != "configuration"]
    if not made:
        return dg.SkipReason("there is no backup yet; the watch alerts")
    entries, _ = audit.page(home.store(), audit.Filter(action=action), offset=0, limit=1)
    last = max(made[0], entries[0].at) if entries else made[0]
    if not is_due(job, last=last, now=now):
        return dg.SkipReason(f"not due since {last.isoformat()}")
    return dg.RunRequest(run_key=f"{job} {last_opening(job, now).isoformat()}")
