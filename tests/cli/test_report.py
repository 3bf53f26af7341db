"""`pilot report` and `pilot analyze-impact`: files, the same bytes, approval, clear errors."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pilot.business_days import day_bounds
from pilot.settings import Settings
from reports.folder import REPORTS
from storage.home import Home, open_home
from storage.store import audit
from storage.store.incidents.actions import add_action
from storage.store.incidents.incidents import close_incident, open_incident
from tests.cli.conftest import Pilot
from tests.proving.analytics.full_days import LAST
from tests.reports.conftest import reported_home as reported_home

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(reported_home: Home, tmp_path: Path) -> Home:
    """Return the home that the commands open, with a reported week."""
    shutil.copytree(reported_home.root, tmp_path / "home", dirs_exist_ok=True)
    return open_home(Settings(home=tmp_path / "home"))


def made(pilot: Pilot, *options: str) -> dict[str, Any]:
    result = pilot("report", "--period=30-days", "--language", "sv", "--json", *options)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_the_report_is_made_and_made_again_with_the_same_bytes(pilot: Pilot, home: Home) -> None:
    first = made(pilot)
    files = {Path(name): Path(name).read_bytes() for name in first["files"]}
    assert [path.name for path in files] == ["model.json", "report.sv.pdf", "report.sv.html"]
    assert next(iter(files)).parent == home.root / REPORTS / str(LAST)
    again = made(pilot, "--again")
    assert again["hash"] == first["hash"]
    assert {path: path.read_bytes() for path in files} == files
    entry = audit.recent(home.store(), 1)[0]
    assert (entry.action, entry.details) == ("report.make", {"hash": first["hash"]})


def test_a_quote_enters_only_after_it_was_approved(pilot: Pilot, home: Home) -> None:
    listed = json.loads(pilot("report", "--quotes", "--json").stdout)
    assert listed and not any(each["approved"] for each in listed)
    assert not (home.root / REPORTS / str(LAST)).exists()
    chosen = listed[0]
    made(pilot, "--approve", chosen["name"])
    page = (home.root / REPORTS / str(LAST) / "report.sv.html").read_text("utf-8")
    assert chosen["text"] in page
    assert not any(each["text"] in page for each in listed[1:] if each["text"] != chosen["text"])
    assert "report.approve_quotes" in [each.action for each in audit.recent(home.store(), 3)]
    assert f"[x] {chosen['name']}" in pilot("report", "--quotes").stdout
    unknown = pilot("report", "--approve", "ffffffff")
    assert (unknown.exit_code, "pilot report --quotes" in unknown.output) == (1, True)


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--period", "7-days"], 1, "Use 30-days"),
        (["--cafe", "nowhere"], 1, "nowhere"),
        (["--language", "de"], 2, "sv or en"),
        (["--day", "2026-11-01"], 1, "pilot materialize --from 2026-11-01"),
        (["--day", "yesterday"], 1, "yesterday"),
        (["--again"], 1, "Leave out --again"),
    ],
)
def test_bad_options_get_a_clear_error(pilot: Pilot, home: Home, options: list[str], code: int, words: str) -> None:
    result = pilot("report", *options)
    assert result.exit_code == code
    assert words in result.output
    assert "Traceback" not in result.output


def test_incidents_lessons_and_troubles_are_in_the_report(pilot: Pilot, home: Home) -> None:
    begins, _ = day_bounds(LAST)
    noon = begins + timedelta(hours=12)
    incident = _incident(home, noon)
    made(pilot)
    page = (home.root / REPORTS / str(LAST) / "report.sv.html").read_text("utf-8")
    for words in ("Kassan svarade inte", "En full disk", "Larma vid 80 procent (Drift, senast 15 dec.): kvar"):
        assert words in page
    assert incident.id in str(
        json.loads((home.root / REPORTS / str(LAST) / "model.json").read_text("utf-8"))["incidents"]
    )
    assert "Supportens svar" in page


def _incident(home: Home, at: Any) -> Any:
    store = home.store()
    store.now = lambda: at
    found = open_incident(
        store, kind="payments", severity=2, title="Kassan svarade inte", cafes=["aurora"], actor="test"
    )
    add_action(store, found.id, what="Larma vid 80 procent", owner="Drift", due=LAST + timedelta(days=16), actor="test")
    close_incident(store, found.id, cause="En full disk", actor="test")
    return found


def test_the_impact_is_shown_with_actions_and_without_a_cause(pilot: Pilot, home: Home) -> None:
    shown = pilot("analyze-impact")
    assert shown.exit_code == 0, shown.output
    assert "No cause is claimed" in shown.output
    found = json.loads(pilot("analyze-impact", "--json", "--cafe", "aurora").stdout)
    assert {"figures", "changed_themes", "actions", "returning", "note"} <= found.keys()


def test_the_runbooks_script_makes_the_report(home: Home, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PILOT_HOME": str(home.root),
        "PYTHONPATH": str(ROOT),
        "PILOT_CAFES_FILE": "cafes.toml",
    }
    result = subprocess.run(
        ["sh", "scripts/generate-pilot-report.sh", "--period=30-days", "--language", "en"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "report.en.pdf" in result.stdout
    assert "interim, day 7 of 30" in result.stderr
