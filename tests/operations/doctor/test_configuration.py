"""What people fill in must be filled in: settings, contacts, the responsible; and sizes are computed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from operations.doctor import capacity, configuration
from pilot.contacts import parse_contacts
from pilot.settings import Settings
from storage.cafes_file import read_cafes

CAFES = read_cafes(Path("cafes.toml"))


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({"PILOT_EDGE_PROT": "1"}, "PILOT_EDGE_PROT is not a known setting"),
        ({"PILOT_EDGE_PORT": "many"}, "PILOT_EDGE_PORT"),
        ({"PILOT_PUBLIC_URL": "https://yourcompany.com"}, "PILOT_PUBLIC_URL is a placeholder"),
        ({"PILOT_SECRET_KEY": "changeme-changeme-changeme"}, "PILOT_SECRET_KEY is a placeholder"),
    ],
)
def test_unknown_wrong_and_placeholder_settings_fail(tmp_path: Path, environment, found) -> None:
    finding = configuration.settings(environment, env_file=tmp_path / ".env")
    assert finding.state == "not_ok"
    assert found in finding.found
    assert "changeme-" not in finding.found


@pytest.mark.parametrize(("mode", "ok"), [(0o600, True), (0o640, False), (0o644, False)])
def test_the_file_of_settings_must_be_private(tmp_path: Path, mode: int, ok: bool) -> None:
    path = tmp_path / ".env"
    path.write_text("PILOT_EDGE_PORT=8000\n", encoding="utf-8")
    path.chmod(mode)
    finding = configuration.settings({"PILOT_EDGE_PORT": "8000", "HOME": "/xxx"}, env_file=path)
    assert finding.ok is ok, finding
    assert ok or "chmod 600" in finding.remedy


def test_the_contacts_of_the_checkout_are_placeholders_and_fail() -> None:
    found = parse_contacts(Path("contacts.toml").read_text(encoding="utf-8"), source="contacts.toml")
    finding = configuration.contacts(found, CAFES)
    assert finding.state == "not_ok"
    assert "the phone is a placeholder" in finding.found


@pytest.mark.parametrize(
    ("controller", "contact", "ok"),
    [
        ("Kafépiloten AB", "integritet@kafepiloten.se", True),
        ("", "integritet@kafepiloten.se", False),
        ("Kafépiloten AB", "", False),
        ("Kafépiloten AB", "privacy@yourcompany.com", False),
    ],
)
def test_guests_must_learn_who_is_responsible(controller: str, contact: str, ok: bool) -> None:
    pilot = CAFES.pilot.model_copy(update={"controller": controller, "contact": contact})
    assert configuration.responsible(CAFES.model_copy(update={"pilot": pilot})).ok is ok


def test_the_trial_is_said_in_days_at_the_expected_volume() -> None:
    finding = capacity.trial(CAFES)
    assert finding.ok, finding
    assert "aurora: 100 feedbacks last 1.0 to 2.0 days of 30" in finding.found
    assert "malmohuset: 100 feedbacks last 1.7 to 3.3 days of 30" in finding.found
    assert "goteborg: 100 feedbacks last 1.2 to 2.5 days of 30" in finding.found


def test_a_trial_of_less_than_a_day_fails_and_names_the_command() -> None:
    aurora = CAFES.cafe[0].model_copy(update={"trial_limit": 99})
    finding = capacity.trial(CAFES.model_copy(update={"cafe": (aurora, *CAFES.cafe[1:])}))
    assert finding.state == "not_ok"
    assert finding.remedy == "`pilot cafes trial aurora --limit 3000 --reason WHY`"
    unrewarded = aurora.model_copy(update={"on_trial_limit": "collect_unrewarded"})
    assert capacity.trial(CAFES.model_copy(update={"cafe": (unrewarded,)})).ok


@pytest.mark.parametrize(
    ("gibibytes", "settings", "ok"),
    [
        (8, {"interviewer": "scripted"}, True),
        (8, {}, True),
        (7, {"ollama_model": "llama3.2:3b"}, False),
        (7, {"ollama_model": "llama3.2:unknown"}, False),
        (4, {}, False),
        (16, {"ollama_model": "llama3.2:3b"}, True),
    ],
)
def test_the_memory_of_what_would_run_must_fit(monkeypatch, gibibytes: int, settings: dict, ok: bool) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=gibibytes * 2**30))
    finding = capacity.memory(Settings(**settings))
    assert finding.ok is ok, finding
