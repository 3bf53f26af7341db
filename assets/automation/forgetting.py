"""Deletes old runs: Dagster itself retains all runs' events for ever, 250 kB every few minutes.

No page loses a figure: figures are in the lake, and its commits contain the run's id. The newest success of each job,
or selection of its assets, on each business day is retained, so that Dagster still knows the built days; failures are
retained for a month. When Dagster deletes a run it leaves its check results and, on SQLite, the emptied file of its
events: both are removed here. Dagster purges ticks itself, as `dagster.yaml` says.
"""

# Without `from __future__ import annotations`: Dagster reads the annotations themselves.

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol, runtime_checkable

import dagster as dg
from sqlalchemy import Connection, column, delete, select, table

from assets.framework.partitions import covered_days
from pilot.business_days import STOCKHOLM

KEEP_SUCCESSES_DAYS = 2
KEEP_FAILURES_DAYS = 30
RUNS_AT_ONCE = 2_000
RUNS_IN_A_QUERY = 500
FORGET_AT = "40 3 * * *"
SHARED_LOG = "index"  # the one file that belongs to no run
RUNLESS_LOG = ""  # Dagster's run id of events that belong to no run: `freshness` and others
FILE_ENDINGS = ("", "-wal", "-shm")  # the database and the files that SQLite puts beside it
CHECK_RESULTS = table("asset_check_executions", column("run_id"))  # Dagster's own table; it has no public name


@runtime_checkable
class _SqlEventLog(Protocol):
    """An event log in a SQL database."""

    def index_connection(self) -> AbstractContextManager[Connection]: ...


@runtime_checkable
class _FileEventLog(Protocol):
    """An event log with one SQLite file a run."""

    def path_for_shard(self, run_id: str) -> str: ...


def forget(instance: dg.DagsterInstance, *, now: datetime) -> int:
    """Delete the runs that are no longer needed; return their number.

    Args:
        instance: Dagster's instance.
        now: The moment for computing ages.
    """
    built: set[tuple[str, date]] = set()  # an asset, or a whole job, on a day
    forgotten = []
    for record in _ended_runs(instance):
        run = record.dagster_run
        age = now - record.create_timestamp.astimezone(UTC)
        if run.status == dg.DagsterRunStatus.SUCCESS:
            made = {(name, day) for name in _built_names(run) for day in covered_days(run)}
            keep = bool(made - built) or age < timedelta(days=KEEP_SUCCESSES_DAYS)
            built |= made
        else:
            keep = age < timedelta(days=KEEP_FAILURES_DAYS)
        if not keep:
            forgotten.append(run.run_id)
    for run_id in forgotten:
        instance.delete_run(run_id)
    remove_orphaned_checks(instance)
    remove_orphaned_files(instance)
    return len(forgotten)


def _ended_runs(instance: dg.DagsterInstance) -> Iterator[dg.RunRecord]:
    """Yield ended runs, newest first; delete none while iterating, since a page starts after the last run."""
    ended = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    )
    last: str | None = None
    while page := instance.get_run_records(ended, limit=RUNS_AT_ONCE, cursor=last):
        yield from page
        last = page[-1].dagster_run.run_id


def remove_orphaned_checks(instance: dg.DagsterInstance) -> int:
    """Delete check results of deleted runs, which Dagster leaves behind; return their number."""
    log = instance.event_log_storage
    if not isinstance(log, _SqlEventLog):
        return 0
    run_column = CHECK_RESULTS.c.run_id
    with log.index_connection() as connection:
        run_ids = list(connection.execute(select(run_column).distinct()).scalars())
    orphans = [run_id for run_id in run_ids if run_id and not instance.has_run(run_id)]
    removed = 0
    for start in range(0, len(orphans), RUNS_IN_A_QUERY):
        batch = orphans[start : start + RUNS_IN_A_QUERY]
        with log.index_connection() as connection:
            removed += connection.execute(delete(CHECK_RESULTS).where(run_column.in_(batch))).rowcount
    return removed


def remove_orphaned_files(instance: dg.DagsterInstance) -> int:
    """Delete event files of deleted runs; return their number. Only SQLite has such files.

    A run is recorded before its first event is written, so the file of a run that is just starting is safe.
    """
    log = instance.event_log_storage
    if not isinstance(log, _FileEventLog):
        return 0
    removed = 0
    for file in sorted(Path(log.path_for_shard(SHARED_LOG)).parent.glob("*.db")):
        run_id = file.name.removesuffix(".db")
        if run_id not in (SHARED_LOG, RUNLESS_LOG) and not instance.has_run(run_id):
            for ending in FILE_ENDINGS:
                file.with_name(file.name + ending).unlink(missing_ok=True)
            removed += 1
    return removed


def _built_names(run: dg.DagsterRun) -> set[str]:
    """Return the names that a run built: its selected assets, else its job as a whole."""
    if run.asset_selection:
        return {f"{run.job_name}/{key.to_user_string()}" for key in run.asset_selection}
    return {run.job_name}


@dg.op
def forget_old_runs(context: dg.OpExecutionContext) -> None:
    """Delete runs that are old at this run's start."""
    record = context.instance.get_run_record_by_id(context.run_id)
    started = record.start_time if record else None
    if started is None:
        raise dg.Failure("The run's start is not recorded.")
    count = forget(context.instance, now=datetime.fromtimestamp(started, UTC))
    context.log.info(f"forgot {count} runs")


@dg.job(
    name="forgetting",
    description="Deletes runs that are no longer needed.",
    executor_def=dg.in_process_executor,
)
def forgetting() -> None:
    """Delete old runs."""
    forget_old_runs()


forget_nightly = dg.ScheduleDefinition(
    name="forget_nightly",
    job=forgetting,
    cron_schedule=FORGET_AT,
    execution_timezone=str(STOCKHOLM),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Deletes old runs every night.",
)
