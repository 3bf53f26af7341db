"""Deletes expired backups every night: they still contain, sealed, sessions erased since.

A backup with an unreadable manifest cannot be restored: the run fails after its other work, so that it is alerted.
"""

# Without `from __future__ import annotations`: Dagster reads the annotations themselves.

from datetime import UTC, datetime

import dagster as dg

from assets.framework.failures import failures_without_words
from assets.framework.resources import HomeResource
from operations.backup.catalog import backup_folder, damaged_backups
from operations.retention.backups import delete_old_backups
from pilot.business_days import STOCKHOLM

FORGET_AT = "35 4 * * *"


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
                "(`pilot backup create`), and delete them or put their manifest back.",
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
