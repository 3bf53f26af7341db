"""What a process uses while it is watched: CPU seconds, memory, open files, from outside and by its number."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from operations.supervisor.supervision import RECORD_NAME

SAMPLE_SECONDS = 1.0
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class ResourceSample:
    """One look at a process.

    Attributes:
        at_seconds: Since the watch began.
        memory_mib: Resident memory.
        files: Open files and sockets.
        threads: Its threads.
        cpu_seconds: CPU seconds since the watch began.
    """

    at_seconds: float
    memory_mib: float
    files: int
    threads: int
    cpu_seconds: float


@dataclass(slots=True)
class Watched:
    """All looks at a process, in order."""

    pid: int
    looks: list[ResourceSample] = field(default_factory=list)

    @property
    def cpu_seconds(self) -> float:
        """Return the CPU seconds used while it was watched."""
        return self.looks[-1].cpu_seconds if self.looks else 0.0

    @property
    def peak_memory_mib(self) -> float:
        """Return the most memory that a look saw."""
        return max((look.memory_mib for look in self.looks), default=0.0)

    @property
    def most_files(self) -> int:
        """Return the most open files that a look saw."""
        return max((look.files for look in self.looks), default=0)


def edge_process(url: str, *, run_folder: Path | None = None) -> int | None:
    """Return the number of the edge's process on this machine, or None where it is elsewhere.

    Args:
        url: The edge's address.
        run_folder: Where a supervisor writes down its processes.
    """
    if run_folder is not None:
        with suppress(OSError, ValueError, KeyError):
            recorded = json.loads((run_folder / RECORD_NAME).read_text(encoding="utf-8"))["processes"]["edge"]
            if psutil.pid_exists(int(recorded)):
                return int(recorded)
    parts = urlsplit(url)
    if parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        return None
    with suppress(psutil.AccessDenied):
        for each in psutil.net_connections("tcp"):
            if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == parts.port:
                return int(each.pid) if each.pid else None
    return None


@asynccontextmanager
async def watched(pid: int | None, *, every_seconds: float = SAMPLE_SECONDS) -> AsyncIterator[Watched | None]:
    """Look at a process again and again until the end of the block; None is not watched."""
    if pid is None:
        yield None
        return
    found = Watched(pid=pid)
    task = asyncio.create_task(_look_again(found, every_seconds=every_seconds), name="watching a process")
    try:
        yield found
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _look_again(found: Watched, *, every_seconds: float) -> None:
    process, began = psutil.Process(found.pid), time.monotonic()
    used_before = _used(process)
    while True:
        try:
            look = ResourceSample(
                at_seconds=round(time.monotonic() - began, 1),
                memory_mib=round(process.memory_info().rss / MIB, 1),
                files=process.num_fds(),
                threads=process.num_threads(),
                cpu_seconds=round(_used(process) - used_before, 2),
            )
        except psutil.NoSuchProcess:
            return
        found.looks.append(look)
        await asyncio.sleep(every_seconds)


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
