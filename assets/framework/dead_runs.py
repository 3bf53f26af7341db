"""Ends runs whose process is gone, after a kill or a power cut, instead of waiting for their timeout.

Until its timeout a dead run would block the queue's only slot, and the pages would show old figures. A run that
Dagster started names its process in its event log; one that no queue started, in a tag.
"""

from __future__ import annotations

import os

import dagster as dg
import psutil

PROCESS_TAG = "pilot/process"
PROCESS_FIELD = "pid"  # in the metadata of the event that Dagster records when a process starts a run
CLOCK_TOLERANCE_SECONDS = 1.0  # maximum difference between the clocks of process starts and events


def end_dead_runs(instance: dg.DagsterInstance) -> int:
    """Mark runs without a process as failed; return their number."""
    under_way = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])
    ended = 0
    for candidate in instance.get_runs(under_way):
        if not _process_is_gone(instance, candidate):
            continue
        # The run may have ended by itself in between; now that its process is gone, it no longer can.
        run = instance.get_run_by_id(candidate.run_id)
        if run is not None and not run.is_finished:
            instance.report_run_failed(run, "The process that ran it is gone.")
            ended += 1
    return ended


def this_process() -> str:
    """Return a unique name of this process: its id and start, since ids are reused."""
    return f"{os.getpid()} {psutil.Process().create_time():.2f}"


def _process_is_gone(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    if PROCESS_TAG in run.tags:
        return not _is_running(run.tags[PROCESS_TAG])
    started = [
        (int(number), record.timestamp)
        for record in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT)
        if (number := _number(record)) is not None
    ]
    # No event: Dagster itself ends a run that no process has started.
    return bool(started) and not _was_running_at(*started[-1])


def _number(record: dg.EventLogEntry) -> str | None:
    value = record.get_dagster_event().engine_event_data.metadata.get(PROCESS_FIELD)
    return None if value is None else str(value.value)


def _was_running_at(number: int, moment: float) -> bool:
    """Return whether the process is running, and was at `moment`, seconds since 1970."""
    try:
        return float(psutil.Process(number).create_time()) <= moment + CLOCK_TOLERANCE_SECONDS
    except psutil.Error:
        return False


def _is_running(process: str) -> bool:
    number, _, began = process.partition(" ")
    try:
        return f"{psutil.Process(int(number)).create_time():.2f}" == began
    except (psutil.Error, ValueError):
        return False
