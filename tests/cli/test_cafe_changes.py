"""A draft of the cafés' file is validated, and its changes are shown before it is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilot.cafe_changes import CafeChange, changes, place
from pilot.cafes import parse_cafes
from tests.cli.conftest import Pilot

TEXT = Path("cafes.toml").read_text(encoding="utf-8")
CAFES = parse_cafes(TEXT, source="cafes.toml")


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('staff = ["Elin", "Omar", "Siv"]', 'staff = ["Elin", "Åke"]', "aurora.staff"),
        ('sv = "kardemummabulle"', 'sv = "semla"', "aurora.specialties"),
        ('sv = "innergården"', 'sv = "gården"', "malmohuset.areas"),
        ('["07:30", "09:30"]', '["07:30", "10:00"]', "goteborg.peaks"),
        ("trial_limit = 100", "trial_limit = 150", "aurora.trial_limit"),
        ("days = 30", "days = 45", "pilot.days"),
    ],
)
def test_a_changed_field_is_named_with_its_cafe(old: str, new: str, where: str) -> None:
    (change,) = changes(CAFES, parse_cafes(TEXT.replace(old, new, 1), source="draft.toml"))
    assert place(change) == where
    assert change.before != change.after


def test_a_new_and_a_removed_cafe_are_one_change_each() -> None:
    fewer = CAFES.model_copy(update={"cafe": CAFES.cafe[:2]})
    assert changes(CAFES, fewer) == [CafeChange("goteborg", "", "Göteborg Café", None)]
    assert changes(fewer, CAFES) == [CafeChange("goteborg", "", None, "Göteborg Café")]
    assert changes(CAFES, CAFES) == []


def test_a_draft_is_shown_with_its_changes_and_nothing_is_written(pilot: Pilot, tmp_path: Path) -> None:
    (tmp_path / "current.toml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "draft.toml").write_text(TEXT.replace('"Siv"]', '"Siv", "Åke"]'), encoding="utf-8")
    shown = pilot("cafes", "check", "draft.toml", PILOT_CAFES_FILE="current.toml")
    assert shown.exit_code == 0
    assert 'aurora.staff: ["Elin", "Omar", "Siv"] -> ["Elin", "Omar", "Siv", "Åke"]' in shown.stdout
    assert "1 changes against" in shown.stdout
    assert (tmp_path / "current.toml").read_text(encoding="utf-8") == TEXT
    assert "changes" not in pilot("cafes", "check").stdout


def test_a_draft_with_a_fault_is_refused_by_field(pilot: Pilot, tmp_path: Path) -> None:
    (tmp_path / "draft.toml").write_text(TEXT.replace("trial_limit = 100", "trial_limit = 0", 1), encoding="utf-8")
    refused = pilot("cafes", "check", "draft.toml")
    assert refused.exit_code == 1
    assert 'café "aurora" -> trial_limit' in refused.stderr
