"""Backups that are old or absent are reported for each place, and resolved once they are fresh."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from operations.backup.ages import PlaceAges
from operations.record_lines import records_of
from operations.system import RUN_FOLDER
from operations.watch.alerts.backups import RECORDS_NAME, BackupWatcher, alerts_of
from pilot.settings import Settings
from storage.home import Home, open_home

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("store_age", "whole_age", "expected"),
    [
        (0, 0, []),
        (6.4, 25.9, []),
        (6.6, 25.9, ["backup_old folder, store"]),
        (0, 26.1, ["backup_old folder, whole home"]),
        (None, 1, ["backup_absent folder, store"]),
        (None, None, ["backup_absent folder, store", "backup_absent folder, whole home"]),
    ],
)
def test_a_place_is_compared_with_its_limits(
    store_age: float | None, whole_age: float | None, expected: list[str]
) -> None:
    made = [None if age is None else NOW - age * HOUR for age in (store_age, whole_age)]
    found = list(alerts_of(PlaceAges("folder", *made), now=NOW))
    assert [f"{each.name} {each.subject}" for each in found] == expected
    assert all(each.severity == "high" and "docs/operations/backups.md" in each.text for each in found)


def test_a_target_that_is_away_is_an_alert_of_its_own() -> None:
    (found,) = alerts_of(PlaceAges("s3://backups", fault="It does not answer."), now=NOW)
    assert (found.name, found.subject) == ("backup_target_away", "s3://backups")


def reported(home: Home) -> list[tuple[str, str]]:
    return [(each["subject"], each["state"]) for each in records_of(home.root / RUN_FOLDER / RECORDS_NAME)]


def test_an_absent_backup_is_reported_after_the_start_and_resolved(tmp_path: Path) -> None:
    home = open_home(Settings(home=tmp_path / "hem", backup_key=SecretStr("a key that nobody guesses")))
    moments = [NOW, NOW + timedelta(minutes=5), NOW + timedelta(minutes=10), NOW + HOUR, NOW + 2 * HOUR]
    places = [PlaceAges("folder")]
    watcher = BackupWatcher(home, clock=lambda: moments[0], read=lambda _: places)
    for _ in range(2):
        moments.pop(0)
        watcher()
    absent = [("folder, store", "firing"), ("folder, whole home", "firing")]
    assert reported(home) == absent
    watcher()
    assert reported(home) == absent
    moments.pop(0)
    places[0] = PlaceAges("folder", moments[0], moments[0])
    watcher()
    assert reported(home)[2:] == [("folder, store", "resolved"), ("folder, whole home", "resolved")]


def test_a_real_home_without_a_key_is_reported_and_a_demo_is_not(tmp_path: Path) -> None:
    for kind in ("real", "demo"):
        home = open_home(Settings(home=tmp_path / kind), kind=kind)  # type: ignore[arg-type]
        moments = [NOW, NOW + HOUR, NOW + HOUR, NOW + HOUR]
        watcher = BackupWatcher(home, clock=lambda moments=moments: moments.pop(0))  # type: ignore[misc]
        watcher()
        assert reported(home) == ([("key", "firing")] if kind == "real" else [])
