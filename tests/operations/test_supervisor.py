from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from operations import supervisor
from operations.log_lines import grouped_errors
from operations.supervisor import ProcessSpec, RestartPolicy
from tests.operations.fake_children import STAY, child

pytestmark = pytest.mark.slow

QUICK = RestartPolicy(
    first_delay_seconds=0.01, longest_delay_seconds=0.02, calm_seconds=60.0, ready_seconds=60.0, late_notice_seconds=0.2
)
DEADLINE_SECONDS = 60.0  # Eight starts of a process on a busy machine.


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not condition():  # noqa: ASYNC110 - real processes send no event
            await asyncio.sleep(0.02)


class AlwaysReady:
    """Ready as soon as the process has started, however busy the machine is."""

    async def check(self, *, started_at: float, log: Path) -> bool:
        return True

    def describe(self) -> str:
        return "nothing"


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def supervise(
    tmp_path: Path, *specs: ProcessSpec, report: Callable[[str], None] = print, policy: RestartPolicy = QUICK
):
    return supervisor.start(
        specs, run_folder=tmp_path / "home/.run", logs=tmp_path / "logs", policy=policy, report=report
    )


async def test_processes_start_after_their_dependencies_and_none_is_left(tmp_path: Path) -> None:
    first = child("edge", "ready()\n" + STAY, folder=tmp_path)
    second = child(
        "watch",
        f"print('edge was ready:', pathlib.Path({str(tmp_path / 'edge.ready')!r}).exists())\nready()\n" + STAY,
        folder=tmp_path,
        after=("edge",),
    )
    async with supervise(tmp_path, second, first) as running:
        pids = [process.pid for process in running.processes.values()]
        assert {process.state for process in running.processes.values()} == {"ready"}
        assert all(pid is not None and not gone(pid) for pid in pids)
    assert "edge was ready: True" in (tmp_path / "logs/watch.log").read_text()
    assert all(pid is not None and gone(pid) for pid in pids)
    assert not (tmp_path / "home/.run/processes.json").exists()


async def test_dependents_stop_before_their_dependencies(tmp_path: Path) -> None:
    body = (
        "def say(*_):\n"
        "    open('order.txt', 'a').write(sys.argv[0] or NAME)\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, say)\nready()\n" + STAY
    )
    edge = child("edge", "NAME = 'edge '\nsys.argv[0] = ''\n" + body, folder=tmp_path)
    watch = child("watch", "NAME = 'watch '\nsys.argv[0] = ''\n" + body, folder=tmp_path, after=("edge",))
    async with supervise(tmp_path, edge, watch):
        pass
    assert (tmp_path / "order.txt").read_text() == "watch edge "


async def test_a_dead_process_is_restarted(tmp_path: Path) -> None:
    reports: list[str] = []
    # A slow start on a busy machine is not reported here.
    patient = replace(QUICK, late_notice_seconds=DEADLINE_SECONDS)
    async with supervise(
        tmp_path, child("edge", "ready()\n" + STAY, folder=tmp_path), report=reports.append, policy=patient
    ) as running:
        process = running.processes["edge"]
        first = process.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: process.starts == 2 and process.state == "ready")
        assert process.pid not in (None, first)
    assert reports == ["edge ended with signal SIGKILL; restarting it in 0.01 s.", "edge is back."]
    (group,) = grouped_errors(tmp_path / "logs", names=["edge"], since=None)  # what `pilot logs` shows
    assert (group.message, group.count) == ("ended with signal SIGKILL, and is started again", 1)
    assert group.last is not None


async def test_a_crash_loop_is_reported_once_and_other_processes_go_on(tmp_path: Path) -> None:
    reports: list[str] = []
    crashing = child(
        "dashboards",
        "ready()\nflag = pathlib.Path('broken')\nif flag.exists(): print('the theme is missing'); sys.exit(3)\n" + STAY,
        folder=tmp_path,
    )
    steady = child("edge", "ready()\n" + STAY, folder=tmp_path)
    async with supervise(tmp_path, crashing, steady, report=reports.append) as running:
        (tmp_path / "broken").touch()
        pid = running.processes["dashboards"].pid
        assert pid is not None
        os.kill(pid, signal.SIGTERM)
        await until(lambda: running.processes["dashboards"].starts >= 8)
        assert running.processes["edge"].starts == 1
    loops = [text for text in reports if "keeps ending" in text]
    assert len(loops) == 1
    assert "5 times in a row" in loops[0] and "exit code 3" in loops[0] and "the theme is missing" in loops[0]


async def test_a_program_does_not_inherit_ignored_signals(
    tmp_path: Path,
) -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    try:
        body = f"print([signal.getsignal(n) == signal.SIG_IGN for n in {[int(n) for n in numbers]}])\nready()\n" + STAY
        async with supervise(tmp_path, child("edge", body, folder=tmp_path)):
            pass
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
    assert "[False, False, False]" in (tmp_path / "logs/edge.log").read_text()


async def test_a_process_that_is_never_ready_fails_the_start_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    steady = child("edge", "ready()\n" + STAY, folder=tmp_path)
    broken = child("daemon", "print('no such table'); sys.exit(1)\n", folder=tmp_path)
    with pytest.raises(supervisor.StartFailed) as caught:
        async with supervise(tmp_path, steady, broken):
            pytest.fail("the block was entered")
    assert "daemon ended 3 times before it was ready" in str(caught.value)
    assert "no such table" in str(caught.value)
    assert gone(int((tmp_path / "edge.ready").read_text()))


async def test_a_late_process_is_named_while_waiting_and_at_the_deadline(tmp_path: Path) -> None:
    reports: list[str] = []
    edge = replace(child("edge", STAY, folder=tmp_path), ready=AlwaysReady())
    slow = child("webserver", STAY, folder=tmp_path)
    policy = RestartPolicy(ready_seconds=1.0, late_notice_seconds=0.1)
    with pytest.raises(supervisor.StartFailed, match=r"Not ready after 1 s: webserver \(webserver.ready to be written"):
        async with supervise(tmp_path, edge, slow, report=reports.append, policy=policy):
            pytest.fail("the block was entered")
    assert any(text.startswith("Still waiting for webserver") for text in reports)
    assert not any("edge" in text for text in reports[-1:])


async def test_a_process_that_ignores_sigterm_is_killed_after_its_time(tmp_path: Path) -> None:
    stubborn = child(
        "edge",
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nready()\nwhile True: " + STAY,
        folder=tmp_path,
        stop_seconds=0.3,
    )
    async with supervise(tmp_path, stubborn) as running:
        pid = running.processes["edge"].pid
        assert pid is not None
    assert gone(pid)


async def test_grandchildren_end_with_their_parent(tmp_path: Path) -> None:
    parent = child(
        "code-server",
        "it = subprocess.Popen([sys.executable, '-I', '-S', '-c', 'import signal; signal.pause()'])\n"
        "pathlib.Path('grandchild').write_text(str(it.pid))\nready()\n" + STAY,
        folder=tmp_path,
    )
    async with supervise(tmp_path, parent) as running:
        grandchild = int((tmp_path / "grandchild").read_text())
        pid = running.processes["code-server"].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await until(lambda: running.processes["code-server"].starts == 2)
        assert gone(grandchild)


async def test_a_second_supervisor_on_the_same_home_is_refused(tmp_path: Path) -> None:
    async with supervise(tmp_path, child("edge", "ready()\n" + STAY, folder=tmp_path)):
        with pytest.raises(supervisor.AlreadyRunning, match=rf"already runs on .*home \(process {os.getpid()}\)"):
            async with supervise(tmp_path):
                pytest.fail("the block was entered")


async def test_the_error_for_a_taken_port_names_its_setting(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        spec = child("edge", STAY, folder=tmp_path)
        spec = ProcessSpec(
            name=spec.name,
            command=spec.command,
            environment=spec.environment,
            folder=spec.folder,
            ready=spec.ready,
            ports=(supervisor.Port(number, "PILOT_EDGE_PORT"),),
        )
        with pytest.raises(supervisor.PortTaken, match=rf"Port {number} .* set PILOT_EDGE_PORT to another port"):
            async with supervise(tmp_path, spec):
                pytest.fail("the block was entered")


def test_killing_the_supervisor_leaves_no_process(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import asyncio, pathlib, sys
        from operations import supervisor
        from tests.operations.fake_children import STAY, child

        async def main(folder):
            obedient = child("edge", "ready()\\n" + STAY, folder=folder)
            stubborn = child(
                "daemon",
                "signal.signal(signal.SIGTERM, signal.SIG_IGN)\\n"
                "it = subprocess.Popen([sys.executable, '-I', '-S', '-c', 'import signal; signal.pause()'])\\n"
                "pathlib.Path('grandchild').write_text(str(it.pid))\\nready()\\nwhile True: " + STAY,
                folder=folder,
            )
            async with supervisor.start((obedient, stubborn), run_folder=folder / "run", logs=folder / "logs"):
                (folder / "running").touch()
                await asyncio.Event().wait()

        asyncio.run(main(pathlib.Path(sys.argv[1])))
        """
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], cwd=root) as process:
        deadline = time.monotonic() + DEADLINE_SECONDS
        poll = 0.05
        while not (tmp_path / "running").exists() and time.monotonic() < deadline:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(poll)
        pids = [int((tmp_path / name).read_text()) for name in ("edge.ready", "daemon.ready", "grandchild")]
        assert not any(gone(pid) for pid in pids)
        process.kill()
        process.wait()
    left = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    _, alive = psutil.wait_procs(left, timeout=DEADLINE_SECONDS)
    assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []


def test_a_rotated_log_keeps_its_newest_bytes(tmp_path: Path) -> None:
    from operations.supervisor.logs import RotatingLog, tail

    log = RotatingLog(tmp_path / "edge.log", largest_bytes=10, kept_files=2)
    for number in range(5):
        log.write(f"line {number}\n".encode())
    log.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["edge.log", "edge.log.1", "edge.log.2"]
    assert tail(tmp_path / "edge.log") == "    line 4"


def test_delays_grow_to_their_bound() -> None:
    policy = RestartPolicy(first_delay_seconds=0.5, longest_delay_seconds=3.0)
    assert [policy.delay(ends) for ends in range(1, 6)] == [0.5, 1.0, 2.0, 3.0, 3.0]
