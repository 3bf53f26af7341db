"""Forgets old runs: Dagster itself keeps each one's events for ever, a quarter of a megabyte every few minutes.

Nothing that a page shows is lost: the figures are in the lake, whose commits name their run. Of every job, or of some
of its assets, the newest success on every business day stays, so that Dagster still knows which days are built;
failures stay as long as someone may want to look at them. Dagster leaves the results of a deleted run's checks and, on
SQLite, the emptied file of its events: both are removed here. Ticks are purged by Dagster itself, as `dagster.yaml`
says.
"""

# Without `from __future__ import annotations`: Dagster reads the annotations themselves.

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._core.instance.utils import RUNLESS_RUN_ID
from dagster._core.storage.event_log import SqlEventLogStorage, SqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from sqlalchemy import select

from assets.framework.partitions import covered_days
from pilot.business_days import STOCKHOLM

KEEP_SUCCESSES_DAYS = 2
KEEP_FAILURES_DAYS = 30
RUNS_AT_ONCE = 2_000
RUNS_IN_A_QUERY = 500
FORGET_AT = "40 3 * * *"
SHARED_LOG = "index"  # the one file that is of no single run
FILE_ENDINGS = ("", "-wal", "-shm")  # what SQLite keeps beside a database


def forget(instance: dg.DagsterInstance, *, now: datetime) -> int:
    """Delete the runs that nobody needs any more; return how many.

    Args:
        instance: Dagster's instance.
        now: The moment from which ages are counted.
    """
    built: set[tuple[str, date]] = set()  # an asset, or a job as a whole, on a day
    forgotten = []
    for record in _ended(instance):
        run = record.dagster_run
        age = now - record.create_timestamp.astimezone(UTC)
        if run.status == dg.DagsterRunStatus.SUCCESS:
            made = {(name, day) for name in _made(run) for day in covered_days(run)}
            keep = bool(made - built) or age < timedelta(days=KEEP_SUCCESSES_DAYS)
            built |= made
        else:
            keep = age < timedelta(days=KEEP_FAILURES_DAYS)
        if not keep:
            forgotten.append(run.run_id)
    for run_id in forgotten:
        instance.delete_run(run_id)
    remove_left_checks(instance)
    remove_left_files(instance)
    return len(forgotten)


def _ended(instance: dg.DagsterInstance) -> Iterator[dg.RunRecord]:
    """Yield every run that has ended, newest first; none may be deleted meanwhile, a page begins after the last one."""
    ended = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    )
    last: str | None = None
    while page := instance.get_run_records(ended, limit=RUNS_AT_ONCE, cursor=last):
        yield from page
        last = page[-1].dagster_run.run_id


def remove_left_checks(instance: dg.DagsterInstance) -> int:
    """Remove the checks' results of runs that are forgotten, which Dagster leaves; return how many."""
    log = instance.event_log_storage
    if not isinstance(log, SqlEventLogStorage):
        return 0
    of_run = AssetCheckExecutionsTable.c.run_id
    with log.index_connection() as connection:
        told = [run_id for (run_id,) in connection.execute(select(of_run).distinct())]
    left = [run_id for run_id in told if run_id and not instance.has_run(run_id)]
    removed = 0
    for start in range(0, len(left), RUNS_IN_A_QUERY):
        batch = left[start : start + RUNS_IN_A_QUERY]
        with log.index_connection() as connection:
            removed += connection.execute(AssetCheckExecutionsTable.delete().where(of_run.in_(batch))).rowcount
    return removed


def remove_left_files(instance: dg.DagsterInstance) -> int:
    """Remove the event files of runs that are forgotten; return how many. Other databases than SQLite have none.

    A run is known before its first event is written, so no file of a run that begins is taken for one of these.
    """
    log = instance.event_log_storage
    if not isinstance(log, SqliteEventLogStorage):
        return 0
    removed = 0
    for file in sorted(Path(log.path_for_shard(SHARED_LOG)).parent.glob("*.db")):
        of_run = file.name.removesuffix(".db")
        if of_run not in (SHARED_LOG, RUNLESS_RUN_ID) and not instance.has_run(of_run):
            for ending in FILE_ENDINGS:
                file.with_name(file.name + ending).unlink(missing_ok=True)
            removed += 1
    return removed


def _made(run: dg.DagsterRun) -> set[str]:
    """Return what a run built, by name; a run of some assets of its job does not stand for one of all."""
    if run.asset_selection:
        return {f"{run.job_name}/{key.to_user_string()}" for key in run.asset_selection}
    return {run.job_name}


@dg.op
def forget_old_runs(context: dg.OpExecutionContext) -> None:
    """Forget what is old as of the run's start."""
    record = context.instance.get_run_record_by_id(context.run_id)
    started = record.start_time if record else None
    if started is None:
        raise dg.Failure("The run's start is not recorded.")
    count = forget(context.instance, now=datetime.fromtimestamp(started, UTC))
    context.log.info(f"forgot {count} runs")


@dg.job(
    name="forgetting",
    description="Forgets runs that nobody needs any more.",
    executor_def=dg.in_process_executor,
)
def forgetting() -> None:
    """Forget old runs."""
    forget_old_runs()


forget_nightly = dg.ScheduleDefinition(
    name="forget_nightly",
    job=forgetting,
    cron_schedule=FORGET_AT,
    execution_timezone=str(STOCKHOLM),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Forgets old runs every night.",
)
