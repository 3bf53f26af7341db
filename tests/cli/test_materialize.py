"""`pilot materialize`: days rebuilt by hand."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from pilot.lake_tables.tables import SESSIONS
from pilot.settings import Settings
from storage.home import Home, open_home
from storage.landing.segments import publish
from storage.store import audit
from storage.store.privacy import day_states
from tests.cli.conftest import Pilot
from tests.events import whole_visit

DAY = date(2026, 11, 23)
CAFES = Path(__file__).parents[2] / "cafes.toml"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(Settings(home=tmp_path / "home", cafes_file=CAFES))


@pytest.fixture
def cafes_file(home: Home) -> str:
    return str(home.settings.cafes_file)


def test_an_invalid_request_is_refused_in_one_line_and_builds_nothing(pilot: Pilot, home: Home) -> None:
    for arguments, said in (
        (("--from", "2999-01-01"), "2999-01-01 has not come yet"),
        (("--from", "soon"), "'soon' is not a day"),
        (("--from", "2026-11-23", "--select", "sesions"), "Did you mean sessions?"),
        (("--from", "2026-11-23", "--reopen"), "--reason"),
        (("--from", "2026-11-23", "--reopen", "--reason", " "), "requires a reason"),
    ):
        result = pilot("materialize", *arguments)
        assert result.exit_code == 1
        assert said in result.output
        assert "Traceback" not in result.output
    assert home.lake().version(SESSIONS) is None


@pytest.mark.slow
def test_a_closed_day_is_rebuilt_only_with_a_reason(pilot: Pilot, home: Home, cafes_file: str) -> None:
    publish(home.segments(), whole_visit().events, replica="edge1", identifier="01987654-3210-7abc-8def-0123456789ab")
    wanted = ("materialize", "--from", "2026-11-23", "--select", "raw_events,sessions")
    result = pilot(*wanted, "--json", PILOT_CAFES_FILE=cafes_file)
    assert result.exit_code == 0, result.output
    (run,) = json.loads(result.stdout)
    assert (run["job"], run["assets"], run["succeeded"]) == ("rebuild", ["raw_events", "sessions"], True)
    assert home.lake().read(SESSIONS, days=[DAY]).height == 1
    day_states.put(home.store(), DAY, "closed", actor="test", reason="reported")
    refused = pilot(*wanted, PILOT_CAFES_FILE=cafes_file)
    assert refused.exit_code == 1
    assert "closed" in refused.output
    version = home.lake().version(SESSIONS)
    reopened = pilot(*wanted, "--reopen", "--reason", "late till", PILOT_CAFES_FILE=cafes_file)
    assert reopened.exit_code == 0, reopened.output
    assert home.lake().version(SESSIONS) != version
    assert [entry.reason for entry in audit.recent(home.store(), 1)] == ["late till"]
