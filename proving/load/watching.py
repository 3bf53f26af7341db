"""Samples CPU seconds, memory and open files of a process."""

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
    """One sample of a process.

    Attributes:
        at_seconds: Seconds since the first sample.
        memory_mib: Resident memory.
        files: Number of open files and sockets.
        threads: Number of threads.
        cpu_seconds: CPU seconds since the first sample.
    """

    at_seconds: float
    memory_mib: float
    files: int
    threads: int
    cpu_seconds: float


@dataclass(slots=True)
class ProcessUsage:
    """All samples of a process, in order."""

    pid: int
    samples: list[ResourceSample] = field(default_factory=list)

    @property
    def cpu_seconds(self) -> float:
        """Return the CPU seconds used between the first and the last sample."""
        return self.samples[-1].cpu_seconds if self.samples else 0.0

    @property
    def peak_memory_mib(self) -> float:
        """Return the maximum of resident memory."""
        return max((sample.memory_mib for sample in self.samples), default=0.0)

    @property
    def most_files(self) -> int:
        """Return the maximum of open files."""
        return max((sample.files for sample in self.samples), default=0)


def edge_process(url: str, *, run_folder: Path | None = None) -> int | None:
    """Return the id of the edge's process, or None if it runs elsewhere.

    Args:
        url: The edge's address.
        run_folder: The folder of the supervisor's record of its processes.
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
async def watch_process(
    pid: int | None, *, every_seconds: float = SAMPLE_SECONDS
) -> AsyncIterator[ProcessUsage | None]:
    """Sample a process until the end of the block; yield None if `pid` is None."""
    if pid is None:
        yield None
        return
    found = ProcessUsage(pid=pid)
    task = asyncio.create_task(_sample_repeatedly(found, every_seconds=every_seconds), name="watching a process")
    try:
        yield found
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _sample_repeatedly(found: ProcessUsage, *, every_seconds: float) -> None:
    process, began = psutil.Process(found.pid), time.monotonic()
    used_before = _used(process)
    while True:
        try:
            sample = ResourceSample(
                at_seconds=round(time.monotonic() - began, 1),
                memory_mib=round(process.memory_info().rss / MIB, 1),
                files=process.num_fds(),
                threads=process.num_threads(),
                cpu_seconds=round(_used(process) - used_before, 2),
            )
        except psutil.NoSuchProcess:
            return
        found.samples.append(sample)
        await asyncio.sleep(every_seconds)


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
