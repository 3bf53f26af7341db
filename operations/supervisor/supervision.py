"""Starts processes in order of their dependencies, waits until all are ready, stops them in reverse."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from types import MappingProxyType

from operations.monitoring import targets
from operations.supervisor import reaper
from operations.supervisor.claims import check_ports, claim_home
from operations.supervisor.errors import StartFailed
from operations.supervisor.logs import tail
from operations.supervisor.process import SupervisedProcess
from operations.supervisor.specification import ProcessSpec, RestartPolicy
from storage.folders import write_atomically

RECORD_NAME = "processes.json"


def _ignore(text: str) -> None:
    """Drop a report."""


class Supervision:
    """All processes of one run.

    Attributes:
        processes: By name, in starting order.
    """

    def __init__(
        self,
        specs: Sequence[ProcessSpec],
        *,
        run_folder: Path,
        logs: Path,
        policy: RestartPolicy,
        report: Callable[[str], None],
    ) -> None:
        self.processes = {
            spec.name: SupervisedProcess(spec, logs=logs, policy=policy, report=report, on_group=self._group_changed)
            for spec in specs
        }
        self._policy = policy
        self._logs = logs
        self._changing = asyncio.Lock()
        self._report = report
        self._record = run_folder / RECORD_NAME
        self._targets = run_folder / targets.FOLDER / targets.NAME
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._reaper: subprocess.Popen[bytes] | None = None

    def _group_changed(self, group: int, alive: bool) -> None:
        """Notify the reaper, and record the running processes (the journey counts their CPU seconds)."""
        assert self._reaper is not None and self._reaper.stdin is not None
        self._reaper.stdin.write(f"{'+' if alive else '-'}{group}\n".encode())
        self._reaper.stdin.flush()
        running = {name: process.pid for name, process in self.processes.items() if process.pid is not None}
        write_atomically(self._record, json.dumps({"supervisor": os.getpid(), "processes": running}))

    def _list_targets(self) -> None:
        """List what should answer Prometheus, running or not; the list outlives the run."""
        self._targets.parent.mkdir(mode=0o700, exist_ok=True)
        specs = (process.spec for process in self.processes.values())
        write_atomically(self._targets, targets.targets_text(spec.metrics for spec in specs if spec.metrics))

    def _start_reaper(self) -> None:
        # Its own session: neither Ctrl-C in the terminal nor a signal to the supervisor's group reaches it.
        self._reaper = subprocess.Popen(
            (sys.executable, "-I", "-S", reaper.__file__), stdin=subprocess.PIPE, start_new_session=True
        )

    async def start(self) -> None:
        """Start everything and wait until all are ready.

        Raises:
            StartFailed: a process kept ending or was not ready in time; the message shows the end of its log.
        """
        self._start_reaper()
        self._list_targets()
        for name, process in self.processes.items():
            self._tasks[name] = asyncio.create_task(self._start_in_turn(process), name=f"supervise {name}")
        waiting = [asyncio.create_task(self._ready_or_failed(process)) for process in self.processes.values()]
        try:
            async with asyncio.timeout(self._policy.ready_seconds):
                pending = set(waiting)
                while pending:
                    done, pending = await asyncio.wait(
                        pending, timeout=self._policy.late_notice_seconds, return_when=asyncio.FIRST_COMPLETED
                    )
                    for task in done:
                        task.result()
                    if not done:
                        self._report(f"Still waiting for {self._late()}.")
        except TimeoutError:
            raise StartFailed(
                f"Not ready after {self._policy.ready_seconds:g} s: {self._late()}.\n{self._tails()}",
                remedy="The logs above say why; `pilot health` shows what is missing.",
            ) from None
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def _start_in_turn(self, process: SupervisedProcess) -> None:
        for name in process.spec.after:
            await self.processes[name].is_ready.wait()
        await process.keep_running()

    async def _ready_or_failed(self, process: SupervisedProcess) -> None:
        ready = asyncio.create_task(process.is_ready.wait())
        failed = asyncio.create_task(process.has_failed.wait())
        try:
            await asyncio.wait({ready, failed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
            failed.cancel()
        if process.has_failed.is_set():
            raise StartFailed(
                f"{process.spec.name} ended {process.starts} times before it was ready. End of its log "
                f"({process.log_path}):\n{tail(process.log_path)}\n",
                remedy="Fix the error that it reports and start again; nothing was left running.",
            )

    def _late(self) -> str:
        return "; ".join(
            f"{process.spec.name} ("
            + (
                f"needs {', '.join(process.spec.after)} first"
                if process.state == "waiting"
                else process.spec.ready.describe()
            )
            + ")"
            for process in self.processes.values()
            if not process.is_ready.is_set()
        )

    def _tails(self) -> str:
        late = (process for process in self.processes.values() if not process.is_ready.is_set())
        return "\n".join(f"{process.log_path}:\n{tail(process.log_path)}" for process in late)

    async def restart(
        self,
        names: Collection[str],
        *,
        report: Callable[[str], None],
        specs: Mapping[str, ProcessSpec] = MappingProxyType({}),
    ) -> None:
        """Restart processes with all that depend on them: dependents stop first and start last.

        Args:
            names: Their names.
            report: Called with one line for each step, with its seconds.
            specs: New specifications, by name; those of processes that are not restarted are ignored.

        Raises:
            StartFailed: one was not ready in time; it is started again and again, like any process that ends.
        """
        async with self._changing:
            order = self.with_dependents(names)
            for name in reversed(order):
                began = time.monotonic()
                await self.processes[name].hold()
                report(f"{name} stopped in {time.monotonic() - began:.1f} s")
            for name in order:
                self.processes[name].spec = specs.get(name, self.processes[name].spec)
            for name in order:
                began = time.monotonic()
                self.processes[name].release()
                await self._ready_again(name)
                report(f"{name} ready in {time.monotonic() - began:.1f} s")

    async def add(self, spec: ProcessSpec, *, report: Callable[[str], None]) -> None:
        """Start one more process and wait until it is ready.

        Raises:
            StartFailed: it was not ready in time; it is removed again.
        """
        async with self._changing:
            began = time.monotonic()
            process = SupervisedProcess(
                spec, logs=self._logs, policy=self._policy, report=self._report, on_group=self._group_changed
            )
            self.processes[spec.name] = process
            self._list_targets()
            self._tasks[spec.name] = asyncio.create_task(process.keep_running(), name=f"supervise {spec.name}")
            try:
                await self._ready_again(spec.name)
            except StartFailed:
                await self._remove(spec.name)
                raise
            report(f"{spec.name} ready in {time.monotonic() - began:.1f} s")

    async def remove(self, name: str, *, report: Callable[[str], None]) -> None:
        """Stop a process that `add` has started."""
        async with self._changing:
            began = time.monotonic()
            await self._remove(name)
            report(f"{name} stopped in {time.monotonic() - began:.1f} s")

    async def _remove(self, name: str) -> None:
        await self._stop_one(name)
        del self.processes[name], self._tasks[name]
        self._list_targets()

    def with_dependents(self, names: Collection[str]) -> list[str]:
        """Return these processes and their dependents, each after what it depends on."""
        chosen = set(names)
        while more := {
            name for name, process in self.processes.items() if name not in chosen and chosen & set(process.spec.after)
        }:
            chosen |= more
        order: list[str] = []
        while left := [name for name in self.processes if name in chosen and name not in order]:
            order += [name for name in left if not set(self.processes[name].spec.after) & set(left)]
        return order

    async def _ready_again(self, name: str) -> None:
        process = self.processes[name]
        ready, failed = (asyncio.create_task(each.wait()) for each in (process.ready_now, process.has_failed))
        await asyncio.wait({ready, failed}, timeout=self._policy.ready_seconds, return_when=asyncio.FIRST_COMPLETED)
        is_ready = ready.done()
        for task in (ready, failed):
            task.cancel()
        await asyncio.gather(ready, failed, return_exceptions=True)
        if not is_ready:
            raise StartFailed(
                f"{name} is not ready. End of its log ({process.log_path}):\n{tail(process.log_path)}",
                remedy="The log above says why; `pilot health` shows what is missing.",
            )

    async def stop(self) -> None:
        """Stop everything, dependents first; on return no process of the run is left."""
        left = dict(self.processes)
        while left:
            needed = {name for process in left.values() for name in process.spec.after}
            last = [name for name in left if name not in needed]
            await asyncio.gather(*(self._stop_one(name) for name in last))
            for name in last:
                del left[name]
        if self._reaper is not None:
            assert self._reaper.stdin is not None
            self._reaper.stdin.close()
            await asyncio.to_thread(self._reaper.wait)
        self._record.unlink(missing_ok=True)

    async def _stop_one(self, name: str) -> None:
        process, task = self.processes[name], self._tasks.get(name)
        process.stop()
        if task is None:
            return
        if process.state == "waiting":
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def start(
    specs: Sequence[ProcessSpec],
    *,
    run_folder: Path,
    logs: Path,
    policy: RestartPolicy = RestartPolicy(),  # noqa: B008 - frozen
    report: Callable[[str], None] = _ignore,
) -> AsyncIterator[Supervision]:
    """Run processes within a `with` block.

    Args:
        specs: The processes; `after` may name any other of them.
        run_folder: Folder of the lock and the record of running processes (the home's `.run`).
        logs: Folder of the logs, `<name>.log`.
        policy: Restarts and deadlines.
        report: Called with a message for a person when a process ends, recovers or is late.

    Raises:
        AlreadyRunning: another supervisor has claimed the folder.
        PortTaken: a port is in use.
        StartFailed: a process did not become ready; the others have been stopped.
    """
    with ExitStack() as claims:
        claims.enter_context(claim_home(run_folder))
        check_ports(port for spec in specs for port in spec.ports)
        supervision = Supervision(specs, run_folder=run_folder, logs=logs, policy=policy, report=report)
        try:
            await supervision.start()
            yield supervision
        finally:
            await asyncio.shield(supervision.stop())
