"""`pilot maintenance`, `fallback` and `performance`: on, off and status, with a reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pilot.settings import Settings
from storage.home import open_home
from storage.store import audit
from storage.store.cafes import switches
from storage.store.engine import Store
from tests.answering import Answer, answering
from tests.cli.conftest import Pilot


def stored(tmp_path: Path) -> Store:
    return open_home(Settings(home=tmp_path / "home")).store()


@pytest.mark.parametrize("name", ["maintenance", "fallback", "performance"])
def test_a_switch_goes_on_and_off_with_a_reason_and_its_actor(pilot: Pilot, tmp_path: Path, name: str) -> None:
    assert f"{name.capitalize()} is off." in pilot(name, "status").stdout
    for state in ("on", "off"):
        assert pilot(name, state).exit_code == 2
        assert pilot(name, state, "--reason", " ").exit_code == 2
    assert "Dry run" in pilot(name, "on", "--reason", "new disk", "--dry-run").stdout
    assert not json.loads(pilot(name, "status", "--json").stdout)["is_on"]
    turned_on = pilot(name, "on", "--reason", "new disk")
    assert turned_on.exit_code == 0
    assert f"{name.capitalize()} is ON" in turned_on.stdout and ": new disk." in turned_on.stdout
    assert json.loads(pilot(name, "status", "--json").stdout)["reason"] == "new disk"
    assert f"{name.capitalize()} is off" in pilot(name, "off", "--reason", "done").stdout
    assert [(each.action, each.subject, each.reason) for each in audit.recent(stored(tmp_path), 2)] == [
        ("switch.off", name, "done"),
        ("switch.on", name, "new disk"),
    ]
    assert all(each.actor.startswith("cli:") for each in audit.recent(stored(tmp_path), 2))


def metrics(replies: int, model: int, slow: int) -> bytes:
    """Return an edge's metrics after some replies, of which some came after 2 s."""
    timer = "edge_response_stage_seconds"
    buckets = ((0.5, replies - slow), (2.5, replies), ("+Inf", replies))
    return "".join(
        (
            f'edge_replies_total{{author="ollama"}} {model}\nedge_replies_total{{author="script"}} {replies - model}\n',
            f"# TYPE {timer} histogram\n",
            *(f'{timer}_bucket{{stage="sent",le="{edge}"}} {count}\n' for edge, count in buckets),
            f'{timer}_count{{stage="sent"}} {replies}\n{timer}_sum{{stage="sent"}} {replies}\n',
        )
    ).encode()


def test_performance_shows_the_figures_before_and_during_it_and_is_reversible(pilot: Pilot) -> None:
    answers = {"/metrics": Answer(body=metrics(100, 100, slow=80))}
    with answering(answers) as edge:
        turned_on = pilot("performance", "on", "--reason", "slow", "--json", PILOT_EDGE_PORT=str(edge.port))
        before = json.loads(turned_on.stdout)["before"]
        assert (before["replies"], before["by_model"], before["p95_seconds"]) == (100, 100, 2.5)
        answers["/metrics"] = Answer(body=metrics(150, 100, slow=80))
        shown = json.loads(pilot("performance", "status", "--json").stdout)
        assert shown["is_on"] and shown["before"] == before
        during = shown["during"]
        assert (during["replies"], during["by_model"], during["p95_seconds"]) == (50, 0, 0.5)
        assert "During: 50 replies, 0 by the model" in pilot("performance", "status").stdout
        assert pilot("performance", "off", "--reason", "well again").exit_code == 0
        assert not json.loads(pilot("performance", "status", "--json").stdout)["is_on"]


@pytest.mark.parametrize("until", ["soon", "25:00", "2026-10-25 02:30", "2027-03-28 02:30", "2020-01-01 12:00"])
def test_an_end_that_is_no_later_moment_is_wrong_use(pilot: Pilot, tmp_path: Path, until: str) -> None:
    refused = pilot("maintenance", "on", "--reason", "new disk", "--until", until)
    assert refused.exit_code == 2
    assert "--until" in refused.stderr
    assert not switches.find(stored(tmp_path), "maintenance").is_on


def test_a_new_end_is_taken_without_a_second_window(pilot: Pilot, tmp_path: Path) -> None:
    pilot("maintenance", "on", "--reason", "new disk", "--until", "23:59")
    since = switches.find(stored(tmp_path), "maintenance").changed_at
    assert pilot("maintenance", "on", "--reason", "longer", "--until", "2100-01-01 12:00").exit_code == 0
    found = switches.find(stored(tmp_path), "maintenance")
    assert (found.changed_at, found.reason) == (since, "new disk")
    assert found.until == datetime(2100, 1, 1, 11, 0, tzinfo=UTC)
    assert audit.recent(stored(tmp_path), 1)[0].action == "switch.until"
    assert pilot("maintenance", "off", "--reason", "x", "--until", "23:59").exit_code == 2


def test_maintenance_beyond_its_end_is_not_well(pilot: Pilot, tmp_path: Path) -> None:
    store = stored(tmp_path)
    passed = datetime.now(UTC) - timedelta(minutes=5)
    switches.turn(store, "maintenance", on=True, actor="siv", reason="new disk", until=passed)
    late = pilot("maintenance", "status")
    assert late.exit_code == 1 and "PASSED" in late.stdout


def test_each_switch_is_on_the_status_page_at_once(pilot: Pilot, tmp_path: Path) -> None:
    page = tmp_path / "home/.status/index.html"
    pilot("maintenance", "on", "--reason", "new disk", "--until", "23:59")
    assert "Underhåll pågår" in page.read_text() and "new disk" not in page.read_text()
    pilot("maintenance", "off", "--reason", "done")
    assert "Allt fungerar</h1>" in page.read_text()
    pilot("fallback", "on", "--reason", "slow")
    assert "Begränsat" in page.read_text()
