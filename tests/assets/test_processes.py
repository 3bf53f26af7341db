"""Dagster as it runs in the pilot: code server and daemon, from a landed segment to figures."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from pilot.business_days import business_day
from pilot.lake_tables.tables import PILOT_KPIS, SESSIONS, UPTIME
from storage.home import Home
from tests.events import whole_visit
from tests.waiting import until

pytestmark = [pytest.mark.processes, pytest.mark.slow]

DEADLINE_SECONDS = 150.0
STOPPED_WITHIN_SECONDS = 20.0


def listening(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def dagster(home: Home) -> Iterator[list[subprocess.Popen[bytes]]]:
    folder = home.root / ".dagster"
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    shutil.copyfile("dagster.yaml", folder / "dagster.yaml")
    subprocess.run([sys.executable, "-m", "operations.dagster_storage", str(folder)], check=True)
    workspace = folder / "workspace.yaml"
    workspace.write_text(
        f"load_from:\n  - grpc_server: {{host: 127.0.0.1, port: {port}, location_name: cafe_feedback}}\n",
        encoding="utf-8",
    )
    environment = os.environ | {"DAGSTER_HOME": str(folder), "PILOT_HOME": str(home.root), "POLARS_MAX_THREADS": "1"}
    programs = Path(sys.executable).parent
    server = [sys.executable, "-m", "assets.code_server", "-h", "127.0.0.1", "-p", str(port)]
    with (home.root / ".logs" / "dagster.log").open("wb") as log:

        def start(*command: object) -> subprocess.Popen[bytes]:
            # Dagster maps SIGTERM to whatever SIGINT does; from a shell's background job it would do nothing.
            words = ["env", "--default-signal=INT", *map(str, command)]
            return subprocess.Popen(words, env=environment, stdout=log, stderr=log, start_new_session=True)

        started = [start(*server, "-d", Path.cwd())]
        until(lambda: listening(port), seconds=DEADLINE_SECONDS, what="the code server listening")
        started.append(start(programs / "dagster-daemon", "run", "-w", workspace))
        try:
            yield started
        finally:
            for process in started:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@pytest.mark.timeout(700)
def test_a_segment_becomes_figures_and_both_processes_stop_on_sigterm(
    home: Home, land: Any, dagster: list[subprocess.Popen[bytes]]
) -> None:
    now = datetime.now(UTC)
    land(whole_visit(at=now))
    until(lambda: not home.lake().read(PILOT_KPIS).is_empty(), seconds=DEADLINE_SECONDS, what="figures")
    assert home.lake().read(SESSIONS, days=[business_day(now)])["outcome"].to_list() == ["completed"]
    # The second guest's run is of a selection of the job's assets.
    uptime = home.lake().version(UPTIME)
    land(whole_visit("goteborg", at=now))
    logged = home.root / ".logs" / "dagster.log"
    ended = lambda: logged.read_text(encoding="utf-8").count("RUN_SUCCESS") >= 2  # noqa: E731
    until(ended, seconds=2 * DEADLINE_SECONDS, what="the second guest's run")
    assert home.lake().read(SESSIONS).height == 2
    assert home.lake().version(UPTIME) == uptime
    assert "_suite - STEP_START" not in logged.read_text(encoding="utf-8")
    families = [[*psutil.Process(process.pid).children(recursive=True)] for process in dagster]
    for process in reversed(dagster):
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOPPED_WITHIN_SECONDS) == 0
    left = [child for family in families for child in family if child.is_running()]
    _, alive = psutil.wait_procs(left, timeout=STOPPED_WITHIN_SECONDS)
    assert alive == []
    outside = {path.name for path in home.root.iterdir()} - {".dagster", ".logs", ".log", ".run", ".weights"}
    assert outside <= {
        "home.json",
        "lake",
        "landing",
        "secret.key",
        "store.sqlite",
        "store.sqlite-wal",
        "store.sqlite-shm",
    }
