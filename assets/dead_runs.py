"""Runs that no queue started: each names the process that runs it, so that a killed one does not stand for ever."""

from __future__ import annotations

import os

import dagster as dg
import psutil

PROCESS_TAG = "pilot/process"


def end_dead_runs(instance: dg.DagsterInstance) -> int:
    """Mark runs as failed that a process ran which is gone, killed or without power; return how many.

    Nobody else would end them, and they would hold the queue's only slot.
    """
    under_way = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])
    dead = [
        run for run in instance.get_runs(under_way) if PROCESS_TAG in run.tags and not _alive(run.tags[PROCESS_TAG])
    ]
    for run in dead:
        instance.report_run_failed(run, "The process that ran it is gone.")
    return len(dead)


def this_process() -> str:
    """Return what tells this process from every other, one with the same number after a restart included."""
    return f"{os.getpid()} {psutil.Process().create_time():.2f}"


def _alive(process: str) -> bool:
    number, _, began = process.partition(" ")
    try:
        return f"{psutil.Process(int(number)).create_time():.2f}" == began
    except (psutil.Error, ValueError):
        return False
