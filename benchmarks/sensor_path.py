"""From a published segment to the figures: seconds, and CPU seconds of Dagster's daemon, code server and runs.

    .venv/bin/python benchmarks/sensor_path.py [--rounds 5] [--idle-seconds 60]

Starts the daemon and the code server as `pilot run` does (without the web page) on a home of its own, publishes one
session a round, and waits until the lake's `pilot_kpis` has a new version. CPU is read from /proc over the whole
process trees, ended children included; what the two processes use while nothing happens is measured apart.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil

from pilot.identifiers import new_identifier
from pilot.settings import Settings
from pilot.tables import PILOT_KPIS
from storage.home import Home, open_home
from storage.landing.segments import publish

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT))
from tests.events import whole_visit  # noqa: E402

DEADLINE_SECONDS = 180.0
LOOK_AGAIN_SECONDS = 0.1
ONE_THREAD = dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS"), "1")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def dagster(home: Home) -> Iterator[list[psutil.Process]]:
    """Run the code server and the daemon; stop them with SIGTERM, and say how long that took."""
    folder, port = home.root / ".dagster", free_port()
    shutil.copyfile(CHECKOUT / "dagster.yaml", folder / "dagster.yaml")
    workspace = folder / "workspace.yaml"
    workspace.write_text(
        f"load_from:\n  - grpc_server:\n      host: 127.0.0.1\n      port: {port}\n      location_name: cafe_feedback\n"
    )
    environment = os.environ | ONE_THREAD | {"DAGSTER_HOME": str(folder), "PILOT_HOME": str(home.root)}
    programs = Path(sys.executable).parent
    commands = [
        [programs / "dagster", "code-server", "start", "-h", "127.0.0.1", "-p", str(port), "-m", "assets.definitions"],
        [programs / "dagster-daemon", "run", "-w", str(workspace)],
    ]
    subprocess.run([sys.executable, "-m", "operations.dagster_storage", str(folder)], cwd=CHECKOUT, check=True)
    commands[0] += ["-d", str(CHECKOUT), "--location-name", "cafe_feedback", "--log-level", "warning"]
    log = (home.root / ".logs" / "benchmark.log").open("wb")
    started = [
        subprocess.Popen(
            ["nice", "-n", "5", "env", "--default-signal=INT", *map(str, command)],
            env=environment,
            cwd=CHECKOUT,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        for command in commands
    ]
    try:
        yield [psutil.Process(process.pid) for process in started]
    finally:
        for process in reversed(started):
            asked = time.monotonic()
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            name = Path(str(process.args[5])).name
            print(f"stopped {name} in {time.monotonic() - asked:.1f} s, code {process.returncode}")
        log.close()


def cpu_seconds(roots: list[psutil.Process]) -> float:
    """Return the CPU seconds of the processes, their descendants, and the descendants that have ended."""
    total = 0.0
    for root in roots:
        for process in (root, *root.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
    return total


def wait_for_new_version(home: Home, *, after: int | None) -> float:
    begun = time.monotonic()
    while time.monotonic() - begun < DEADLINE_SECONDS:
        if home.lake().version(PILOT_KPIS) != after:
            return time.monotonic() - begun
        time.sleep(LOOK_AGAIN_SECONDS)
    raise SystemExit(f"no new figures within {DEADLINE_SECONDS:.0f} s; see {home.root}/.logs/benchmark.log")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--idle-seconds", type=float, default=60.0)
    parser.add_argument("--keep", action="store_true", help="keep the home, to look at its logs")
    options = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="sensor-path-"))
    home = open_home(Settings(home=root))
    own = time.process_time
    with dagster(home) as processes:
        seconds, cpu = [], []
        for number in range(options.rounds + 1):
            before, version = cpu_seconds(processes), home.lake().version(PILOT_KPIS)
            publish(
                home.segments(), whole_visit(at=datetime.now(UTC)).events, replica="edge1", identifier=new_identifier()
            )
            took = wait_for_new_version(home, after=version)
            # The run's process reports and ends after its last write; its CPU counts, too.
            time.sleep(4)
            used = cpu_seconds(processes) - before
            name = f"round {number}" if number else "start-up and first round"
            print(f"{name}: {took:5.1f} s, {used:5.1f} CPU s")
            if number:
                seconds.append(took)
                cpu.append(used)
            time.sleep(11)
        before, begun = cpu_seconds(processes), time.monotonic()
        time.sleep(options.idle_seconds)
        idle = (cpu_seconds(processes) - before) / (time.monotonic() - begun)
        memory = sum(
            process.memory_info().rss for root in processes for process in (root, *root.children(recursive=True))
        )
        print(f"segment -> figures: median {statistics.median(seconds):.1f} s, worst {max(seconds):.1f} s")
        print(f"CPU seconds a round: median {statistics.median(cpu):.1f}, worst {max(cpu):.1f} (goal: at most 12)")
        print(
            f"idle: {idle:.3f} CPU s a second, {memory / 2**20:.0f} MiB (the benchmark itself used {own():.1f} CPU s)"
        )
    if options.keep:
        print(root)
    else:
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
