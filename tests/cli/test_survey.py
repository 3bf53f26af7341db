"""`pilot survey`: who has answered, and the distribution without names."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pilot.business_days import business_day
from pilot.settings import Settings
from pilot.survey import OPTIONS, period_on
from storage.home import Home, open_home
from storage.store.access import accounts
from storage.store.access.survey_answers import answer
from tests.cli.conftest import Pilot


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(Settings(home=tmp_path / "home"))


def test_the_managers_who_have_not_answered_are_named(pilot: Pilot, home: Home) -> None:
    period = period_on(home.cafes().pilot, business_day(datetime.now(UTC)))
    assert period is not None
    for email in ("a@example.se", "b@example.se"):
        made = accounts.invite(
            home.store(), email=email, role="manager", cafes=["aurora"], known_cafes=["aurora"], actor="test"
        )
    missing = pilot("survey", "status")
    assert (missing.exit_code, "0 of 2 managers have answered." in missing.stdout) == (1, True)
    chosen: dict[str, str] = {question: options[0] for question, options in OPTIONS.items()}
    answer(home.store(), made.id, period=period.first, answers=chosen, comment="Större skylt", simulated=False)
    found = json.loads(pilot("survey", "status", "--json").stdout)
    assert (found["answered"], found["missing"]) == (1, ["a@example.se"])
    shown = pilot("survey", "answers").stdout
    assert "miss: very 1, somewhat 0, not_at_all 0" in shown
    assert "aurora: Större skylt" in shown and "b@example.se" not in shown
    data = json.loads(pilot("survey", "answers", "--json", "--period", period.name).stdout)
    assert data["distribution"]["useful"]["strongly_disagree"] == data["answers"] == 1


@pytest.mark.parametrize("period", ["third", "AFTER", "1"])
def test_an_unknown_period_is_refused_with_the_known_ones(pilot: Pilot, home: Home, period: str) -> None:
    refused = pilot("survey", "answers", "--period", period)
    assert refused.exit_code == 1
    assert "use first, second or after" in refused.stderr
