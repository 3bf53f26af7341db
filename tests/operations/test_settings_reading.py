"""A restart takes the settings as they are now; wrong ones, and those of the start, stop nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from cli.context import environment as read_environment
from operations.commands import Commands
from operations.settings_reading import NeedsStart, former_settings, with_settings
from operations.supervisor.control import CommandFailed, command, take_commands
from operations.system import edge_replica, make_system, processes, respecify
from pilot.errors import InvalidSettings
from tests.operations.fake_children import STAY, child
from tests.operations.test_supervisor import supervise


def steps_of(run_folder: Path, *names: str) -> list[str]:
    return list(command(run_folder, {"do": "restart", "names": list(names)}))


@pytest.mark.slow
async def test_a_restarted_process_has_the_changed_settings_and_others_are_named(
    home, environment, tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / ".env"
    file.write_text("PILOT_LOG_LEVEL=warning\n", encoding="utf-8")
    started = {name: value for name, value in environment.items() if name != "PILOT_LOG_LEVEL"}
    system = make_system(home, environment=read_environment(started))
    real = {spec.name: spec for spec in processes(system)}["entrance"]
    # The dashboards are slow to start, and show only that they go on; their specification is the real one.
    still = replace(
        child("dashboards", "ready()\n" + STAY, folder=tmp_path), environment=real.environment, metrics=real.metrics
    )
    run = home.root / ".run"
    async with supervise(tmp_path, real, still) as running:
        commands = Commands(system, running, reread=lambda: read_environment(started))
        async with take_commands(run, commands):

            def level(name: str) -> str | None:
                pid = running.processes[name].pid
                return psutil.Process(pid).environ().get("PILOT_LOG_LEVEL")

            assert level("entrance") == "warning"
            unchanged = await asyncio.to_thread(steps_of, run, "entrance")
            assert unchanged[0] == "settings read again; changed: none"
            file.write_text("PILOT_LOG_LEVEL=error\n", encoding="utf-8")
            steps = await asyncio.to_thread(steps_of, run, "entrance")
            assert steps[0] == "settings read again; changed: PILOT_LOG_LEVEL"
            assert steps[-1] == "dashboards still has the former PILOT_LOG_LEVEL: restart it too"
            assert (level("entrance"), level("dashboards")) == ("error", "warning")
            pids = {name: process.pid for name, process in running.processes.items()}
            for line, said in (
                ("PILOT_LOG_LEVEL=loud", "PILOT_LOG_LEVEL"),
                ("PILOT_LOGLEVEL=info", "did you mean PILOT_LOG_LEVEL"),
                ("PILOT_SECRET_KEY=another-key-of-twenty-letters", "PILOT_SECRET_KEY. Nothing was stopped"),
            ):
                file.write_text(line + "\n", encoding="utf-8")
                with pytest.raises(CommandFailed, match=said) as refused:
                    await asyncio.to_thread(steps_of, run, "entrance")
                assert "another-key" not in str(refused.value)
                assert {name: process.pid for name, process in running.processes.items()} == pids
            file.write_text("", encoding="utf-8")
            assert "PILOT_LOG_LEVEL" in (await asyncio.to_thread(steps_of, run, "entrance"))[0]
            assert level("entrance") is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PILOT_STORE_URL", "postgresql+psycopg2://pilot:x@db/pilot"),
        ("PILOT_HOME", "/elsewhere"),
        ("PILOT_EDGE_PORT", "8099"),
        ("PILOT_STRIPE_KEY", "sk_test_another"),
    ],
)
def test_settings_that_lead_to_data_or_to_another_process_need_a_start(home, environment, name, value) -> None:
    system = make_system(home, environment=environment)
    with pytest.raises(NeedsStart, match=name) as refused:
        with_settings(system, {**environment, name: value})
    assert value not in str(refused.value) and "Nothing was stopped" in refused.value.what
    assert with_settings(system, environment).settings == system.settings


def test_wrong_settings_are_refused_with_their_names(home, environment) -> None:
    with pytest.raises(InvalidSettings, match="PILOT_PROBE_TOKEN"):
        with_settings(make_system(home, environment=environment), {**environment, "PILOT_PROBE_TOKEN": "short"})


def test_a_specification_read_again_keeps_the_fake_stripe_and_its_metrics_port(home, environment) -> None:
    system = make_system(home, environment=environment)
    before = {spec.name: spec for spec in (*processes(system), edge_replica(system, 2))}
    after = with_settings(system, {**environment, "PILOT_PROBE_TOKEN": "a-new-token-of-a-host"})
    anew = {name: respecify(after, spec) for name, spec in before.items()}
    assert after.fake_stripe is system.fake_stripe is not None
    assert {name: spec.metrics for name, spec in anew.items()} == {name: spec.metrics for name, spec in before.items()}
    assert anew["edge2"].environment["PILOT_REPLICA"] == "edge1x2"
    for name, spec in before.items():
        assert former_settings([(spec, anew[name])]) == ["PILOT_PROBE_TOKEN"], name
