"""The memory and CPU of each running service, children included."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from operations.supervisor.supervision import RECORD_NAME

MEASURED_SECONDS = 0.5
MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class ServiceUsage:
    """The usage of one service.

    Attributes:
        memory_mib: Resident memory of its processes.
        cpu_percent: CPU of the measured time; 100 is one core.
    """

    memory_mib: float
    cpu_percent: float


def service_usage(run_folder: Path, *, sleep: Callable[[float], None] = time.sleep) -> dict[str, ServiceUsage]:
    """Return the usage of each running service; a service that ended is left out.

    Args:
        run_folder: Where the supervisor records its processes.
        sleep: Waits between the two measurements of CPU time.
    """
    families = {name: _family(pid) for name, pid in running_services(run_folder).items()}
    begun, before = time.monotonic(), {name: _seconds(family) for name, family in families.items()}
    sleep(MEASURED_SECONDS)
    took = max(time.monotonic() - begun, 1e-3)
    return {
        name: ServiceUsage(_memory(family), max(0.0, (_seconds(family) - before[name]) / took * 100))
        for name, family in families.items()
        if family
    }


def running_services(run_folder: Path) -> dict[str, int]:
    """Return the process number of each service that the supervisor records and that is alive."""
    try:
        recorded = json.loads((run_folder / RECORD_NAME).read_text(encoding="utf-8"))["processes"]
        return {str(name): int(pid) for name, pid in recorded.items() if psutil.pid_exists(int(pid))}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _family(pid: int) -> list[psutil.Process]:
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    return []


def _memory(family: list[psutil.Process]) -> float:
    total = 0
    for process in family:
        with suppress(psutil.Error):
            total += process.memory_info().rss
    return total / MEBIBYTE


def _seconds(family: list[psutil.Process]) -> float:
    total = 0.0
    for process in family:
        with suppress(psutil.Error):
            used = process.cpu_times()
            total += used.user + used.system
    return total
