"""Dagster's internals that the tests need and that have no public name, with the reason for each."""

from __future__ import annotations

from typing import Any

import dagster as dg

# Freshness: only the daemon reports changes of a freshness state, and it does so with these types.
from dagster._core.definitions.freshness import FreshnessState, FreshnessStateChange

# Processes: `DagsterInstance.report_engine_event` is public, the type of its data is not.
from dagster._core.events import EngineEventData

# Ticks: `DagsterInstance.create_tick` is public, the types of its argument are not.
from dagster._core.scheduler.instigation import InstigatorTick, InstigatorType, TickData, TickStatus

# Definitions: a context that the garbage collector leaves late resets this state to that of an instance long gone.
from dagster._core.storage.defs_state.base import DefsStateStorage

# Pools: the daemon frees the slots of dead runs in this module, and reads its clock there.
from dagster._daemon.monitoring import concurrency

# Ticks: the daemon purges old ones when it leaves these contexts.
from dagster._daemon.sensor import SensorLaunchContext
from dagster._scheduler.scheduler import _ScheduleLaunchContext as ScheduleLaunchContext
from dagster._utils.error import SerializableErrorInfo

__all__ = [
    "DefsStateStorage",
    "FreshnessState",
    "FreshnessStateChange",
    "InstigatorTick",
    "InstigatorType",
    "ScheduleLaunchContext",
    "SensorLaunchContext",
    "SerializableErrorInfo",
    "TickData",
    "TickStatus",
    "concurrency",
    "record_process",
    "report_freshness",
]


def record_process(instance: dg.DagsterInstance, run: dg.DagsterRun, pid: int) -> None:
    """Record that a process started a run, as Dagster does."""
    instance.report_engine_event("Started process for run.", run, EngineEventData.in_process(pid))


def report_freshness(instance: dg.DagsterInstance, change: FreshnessStateChange) -> None:
    """Record a change of freshness, an event that belongs to no run."""
    event: Any = change
    instance._report_runless_asset_event(asset_event=event)
