"""One supervised process: started on its leash, probed until ready, restarted when it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from operations.supervisor import leash
from operations.supervisor.logs import RotatingLog, end_line, tail
from operations.supervisor.readiness import start_line
from operations.supervisor.specification import ProcessSpec, RestartPolicy

State = Literal["waiting", "starting", "ready", "restarting", "held", "failed", "stopped"]
READY_POLL_SECONDS = 0.1
GROUP_POLL_SECONDS = 0.02
KILLED_GROUP_SECONDS = 2.0

Report = Callable[[str], None]
OnGroup = Callable[[int, bool], None]


class SupervisedProcess:
    """Keeps one process running until `stop`.

    Attributes:
        spec: Its specification.
        state: waiting (for a dependency), starting, ready, restarting, held (between `hold` and `release`), failed
            (never became ready) or stopped.
        pid: The running process; None between two runs.
        starts: Number of starts.
        is_ready: Set the first time the process is ready.
        ready_now: Set while the process that runs now is ready.
        has_failed: Set when the process ended too often before it was ever ready.
    """

    def __init__(
        self, spec: ProcessSpec, *, logs: Path, policy: RestartPolicy, report: Report, on_group: OnGroup
    ) -> None:
        self.spec = spec
        self.state: State = "waiting"
        self.pid: int | None = None
        self.starts = 0
        self.is_ready = asyncio.Event()
        self.has_failed = asyncio.Event()
        self.ready_now = asyncio.Event()
        self.log_path = logs / f"{spec.name}.log"
        self._policy = policy
        self._report = report
        self._on_group = on_group
        self._stopping = asyncio.Event()
        self._holding = asyncio.Event()
        self._held = asyncio.Event()
        self._released = asyncio.Event()

    async def keep_running(self) -> None:
        """Run and restart the process until `stop` is called or the process fails before it was ever ready."""
        log = RotatingLog(self.log_path)
        ends = 0
        try:
            while not self._stopping.is_set():
                if self._holding.is_set():
                    ends = 0
                    await self._stay_held()
                    continue
                lived, code = await self._run_once(log)
                if self._stopping.is_set() or self._holding.is_set():
                    continue
                ends = 1 if lived >= self._policy.calm_seconds else ends + 1
                if not self.is_ready.is_set() and ends >= self._policy.start_attempts:
                    self.state = "failed"
                    self.has_failed.set()
                    return
                self.state = "restarting"
                log.write(end_line(_ending(code), at=time.time()).encode())
                self._report_end(code, ends)
                await self._pause(self._policy.delay(ends))
        finally:
            log.close()
            if self.state != "failed":
                self.state = "stopped"

    def _report_end(self, code: int, ends: int) -> None:
        delay = self._policy.delay(ends)
        if ends == self._policy.loop_after:
            self._report(
                f"{self.spec.name} keeps ending: {ends} times in a row, last with {_ending(code)}. It is restarted "
                f"every {self._policy.longest_delay_seconds:g} s at most; the other processes go on. End of its log "
                f"({self.log_path}):\n{tail(self.log_path)}"
            )
        elif ends < self._policy.loop_after:
            self._report(f"{self.spec.name} ended with {_ending(code)}; restarting it in {delay:g} s.")

    async def _run_once(self, log: RotatingLog) -> tuple[float, int]:
        """Start the process and wait for its end; return its lifetime in seconds and its exit code."""
        self.state = "starting"
        self.ready_now.clear()
        self.starts += 1
        started_at = time.time()
        log.write(start_line(started_at).encode())
        # Our own pipe: with PIPE, `process.wait()` also waits for grandchildren that have it open (Python 3.11).
        reading, printing = os.pipe()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), str(self.spec.niceness)),
            *self.spec.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=printing,
            stderr=printing,
            env=dict(self.spec.environment),
            cwd=self.spec.folder,
            process_group=0,
        )
        self.pid = process.pid
        self._on_group(process.pid, True)
        os.close(printing)
        copying = asyncio.create_task(log.copy(reading))
        watching = asyncio.create_task(self._watch_ready(started_at))
        stopping = asyncio.create_task(self._stopping.wait())
        holding = asyncio.create_task(self._holding.wait())
        ending = asyncio.create_task(process.wait())
        try:
            await asyncio.wait({stopping, holding, ending}, return_when=asyncio.FIRST_COMPLETED)
            if not ending.done():
                _signal_group(process.pid, signal.SIGTERM)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(ending), self.spec.stop_seconds)
            await self._end_group(process.pid)
            code = await ending
        finally:
            for task in (watching, stopping, holding):
                task.cancel()
            _signal_group(process.pid, signal.SIGKILL)
            await asyncio.gather(watching, stopping, holding, return_exceptions=True)
            self.ready_now.clear()
        # The group had the other end of the pipe open; only a process that left the group can still have it.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(copying, KILLED_GROUP_SECONDS)
        self._on_group(process.pid, False)
        self.pid = None
        return time.time() - started_at, code

    async def _end_group(self, group: int) -> None:
        """Kill the whole group: children may outlive the program."""
        deadline = time.monotonic() + KILLED_GROUP_SECONDS
        while _signal_group(group, signal.SIGKILL) and time.monotonic() < deadline:  # noqa: ASYNC110 - the kernel sends no event for a group's end
            await asyncio.sleep(GROUP_POLL_SECONDS)

    async def _watch_ready(self, started_at: float) -> None:
        while not await self.spec.ready.check(started_at=started_at, log=self.log_path):  # noqa: ASYNC110 - readiness is polled, no event announces it
            await asyncio.sleep(READY_POLL_SECONDS)
        self.state = "ready"
        if self.is_ready.is_set():
            self._report(f"{self.spec.name} is back.")
        self.is_ready.set()
        self.ready_now.set()

    async def _pause(self, seconds: float) -> None:
        await self._first_of(self._stopping, self._holding, seconds=seconds)

    async def _stay_held(self) -> None:
        self.state = "held"
        self._held.set()
        await self._first_of(self._stopping, self._released)
        self._held.clear()
        if self._released.is_set():
            self._holding.clear()

    async def _first_of(self, *events: asyncio.Event, seconds: float | None = None) -> None:
        waiting = [asyncio.create_task(each.wait()) for each in events]
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    async def hold(self) -> None:
        """End the process as `stop` does, and return when it has ended; `release` starts it again."""
        self._released.clear()
        self._holding.set()
        await self._held.wait()

    def release(self) -> None:
        """Start a held process again."""
        self._released.set()

    def stop(self) -> None:
        """Request the end of the process; `keep_running` returns when it has ended."""
        self._stopping.set()


def _signal_group(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _ending(code: int) -> str:
    if code < 0:
        try:
            return f"signal {signal.Signals(-code).name}"
        except ValueError:
            return f"signal {-code}"
    return f"exit code {code}"
