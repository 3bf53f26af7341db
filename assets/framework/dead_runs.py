"""Runs whose process is gone, killed or without power: nobody else would end them before their timeout.

Until then they would hold the queue's only slot, and the pages would stand still. A run that Dagster started names its
process in its log, one that no queue started in a tag.
"""

from __future__ import annotations

import os

import dagster as dg
import psutil

PROCESS_TAG = "pilot/process"
PROCESS_FIELD = "pid"  # of the events in which Dagster tells that a process took up a run
CLOCK_TOLERANCE_SECONDS = 1.0  # by how much the clocks of a process's start and of an event may differ


def end_dead_runs(instance: dg.DagsterInstance) -> int:
    """Mark runs as failed whose process is gone; return how many."""
    under_way = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])
    ended = 0
    for found in instance.get_runs(under_way):
        if not _gone(instance, found):
            continue
        # It may have ended by itself since it was found; now that its process is gone, it no longer can.
        run = instance.get_run_by_id(found.run_id)
        if run is not None and not run.is_finished:
            instance.report_run_failed(run, "The process that ran it is gone.")
            ended += 1
    return ended


def this_process() -> str:
    """Return what tells this process from every other, one with the same number after a restart included."""
    return f"{os.getpid()} {psutil.Process().create_time():.2f}"


def _gone(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    if PROCESS_TAG in run.tags:
        return not _alive(run.tags[PROCESS_TAG])
    told = [
        (int(number), record.timestamp)
        for record in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT)
        if (number := _number(record)) is not None
    ]
    # None told: Dagster itself ends a run that no process takes up.
    return bool(told) and not _there_at(*told[-1])


def _number(record: dg.EventLogEntry) -> str | None:
    told = record.get_dagster_event().engine_event_data.metadata.get(PROCESS_FIELD)
    return None if told is None else str(told.value)


def _there_at(number: int, moment: float) -> bool:
    """Return whether the process of that number is there, and was at that moment, seconds since 1970."""
    try:
        return psutil.Process(number).create_time() <= moment + CLOCK_TOLERANCE_SECONDS
    except psutil.Error:
        return False


def _alive(process: str) -> bool:
    number, _, began = process.partition(" ")
    try:
        return f"{psutil.Process(int(number)).create_time():.2f}" == began
    except (psutil.Error, ValueError):
        return False
