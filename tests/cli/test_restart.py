"""`pilot restart` on a running supervisor: back to ready, timed, and noted in the audit log."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from operations.commands import Commands
from operations.supervisor.control import take_commands
from pilot.settings import Settings
from storage.home import open_home
from storage.store import audit
from tests.cli.conftest import Pilot
from tests.operations.fake_children import STAY, child
from tests.operations.test_supervisor import supervise

WITHIN_SECONDS = 5 * 60  # The recovery objective of a single service.


@pytest.mark.slow
async def test_a_restarted_service_is_ready_again_within_its_objective_and_timed(pilot: Pilot, tmp_path: Path) -> None:
    home = open_home(Settings(home=tmp_path / "home"))
    edge = child("edge", "ready()\n" + STAY, folder=tmp_path)
    async with supervise(tmp_path, edge, report=lambda _: None) as running:
        async with take_commands(tmp_path / "home/.run", Commands(None, running)):  # type: ignore[arg-type] # no edge is added
            before = running.processes["edge"].pid
            shown = await asyncio.to_thread(pilot, "restart", "edge", "--reason", "it answers slowly")
            found = await asyncio.to_thread(pilot, "restart", "edge", "--json")
        assert running.processes["edge"].state == "ready" and running.processes["edge"].pid != before
    assert shown.exit_code == 0, shown.output
    assert "Restarted edge in " in shown.stdout and "every process is ready" in shown.stdout
    assert json.loads(found.stdout)["seconds"] < WITHIN_SECONDS
    latest, first = audit.recent(home.store(), 2)
    assert (first.action, first.subject, first.reason) == ("system.restart", "edge", "it answers slowly")
    assert 0 <= latest.details["seconds"] < WITHIN_SECONDS
    away = pilot("restart", "edge")
    assert away.exit_code == 1 and "Start it: `pilot run`" in away.stderr
