"""The whole pilot as real processes: started, used by sessions, stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from operations.checks.finding import Finding
from operations.checks.running import run_checks
from operations.health import checks
from operations.serving import serve
from operations.supervisor import RestartPolicy
from operations.system import CHECKOUT, System, make_system, processes
from pilot.settings import read_settings
from proving.journey.stages import Stages
from proving.journey.travel import travel
from storage.home import open_home

# Patience on a machine that does other things too; a quiet one needs a tenth of it.
READY_SECONDS = 600.0
HEALTHY_SECONDS = 120.0
ARRIVAL_SECONDS = 480.0


def found_in(system: System) -> list[Finding]:
    return run_checks(checks(system, now=datetime.now(UTC)))


async def healthy(system: System) -> None:
    """Return once every process answers its health check; a busy machine may miss the first."""
    deadline = time.monotonic() + HEALTHY_SECONDS
    while faults := [each for each in await asyncio.to_thread(found_in, system) if not each.ok]:
        assert time.monotonic() < deadline, faults


def test_every_process_gets_the_homes_settings_and_absolute_paths(home, environment, monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(CHECKOUT)
    system = make_system(home, environment=environment)
    for spec in processes(system):
        assert spec.environment["PILOT_HOME"] == str(home.root)
        assert Path(spec.environment["PILOT_CAFES_FILE"]).is_absolute()
        assert spec.environment["DAGSTER_HOME"].startswith(str(home.root))
        assert read_settings(spec.environment).edge_port == home.settings.edge_port


def test_only_processes_that_serve_customers_run_at_full_priority(home, environment) -> None:
    niceness = {spec.name: spec.niceness for spec in processes(make_system(home, environment=environment))}
    assert niceness["edge"] == niceness["watch"] == 0
    assert all(niceness[name] > 0 for name in ("code-server", "webserver", "daemon", "dashboards"))


@pytest.mark.processes
@pytest.mark.recogniser
@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_sessions_travel_the_whole_way_and_no_process_is_left(environment, monkeypatch) -> None:
    # Low priority, proved above, would give the figures hardly any time beside busy neighbours.
    monkeypatch.setattr("operations.system.FIGURES_NICENESS", 0)
    home = open_home(read_settings(environment))
    system = make_system(home, environment=environment)
    reports: list[str] = []
    async with serve(system, policy=RestartPolicy(ready_seconds=READY_SECONDS), report=reports.append) as serving:
        pids = [process.pid for process in serving.supervision.processes.values()]
        await healthy(system)

        typed = await travel(
            home, cafe_id="aurora", language="sv", mode="text", stages=Stages(), arrival_seconds=ARRIVAL_SECONDS
        )
        assert [turn.mode for turn in typed.talk.turns] == ["text"] * len(typed.talk.turns)
        assert typed.counted.completed == 1

        spoken = await travel(
            home, cafe_id="aurora", language="en", mode="voice", stages=Stages(), arrival_seconds=ARRIVAL_SECONDS
        )
        assert any(turn.response_ms is not None for turn in spoken.talk.turns)
        assert spoken.counted.completed == 2
        assert spoken.scored.score > 60
        assert spoken.processor_seconds is not None and spoken.processor_seconds > 0

        swedish = await travel(
            home, cafe_id="goteborg", language="sv", mode="voice", stages=Stages(), arrival_seconds=ARRIVAL_SECONDS
        )
        assert swedish.talk.voice_qualified is False
        unsure = [turn for turn in swedish.talk.turns if turn.low_confidence]
        assert swedish.talk.typed_instead and unsure
        assert swedish.scored.turns_left_out == len(unsure)

        edge = serving.supervision.processes["edge"]
        assert edge.pid is not None
        edge.is_ready.clear()
        os.kill(edge.pid, signal.SIGKILL)
        await edge.is_ready.wait()
        again = await travel(
            home, cafe_id="malmohuset", language="en", mode="text", stages=Stages(), arrival_seconds=ARRIVAL_SECONDS
        )
        assert again.counted.completed == 1
        pids += [process.pid for process in serving.supervision.processes.values()]
    assert not [pid for pid in pids if pid is not None and psutil.pid_exists(pid)]
    assert any("edge ended with signal SIGKILL" in text for text in reports)
