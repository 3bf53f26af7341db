"""A home of the earlier release is upgraded, and taken back after a safety copy, by typing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from operations.backup.catalog import list_backups
from operations.releases import present_revision
from operations.supervisor.claims import claim_home
from pilot.settings import Settings
from storage.home import Home, open_existing_home
from storage.store.migrate import HEAD
from storage.store.rollback import revisions
from tests.cli.conftest import Pilot, pilot

__all__ = ["pilot"]

pytestmark = pytest.mark.usefixtures("quick_passphrase", "real_migrations")
PREVIOUS = revisions()[-2]
KEY = {"PILOT_BACKUP_KEY": "a key that nobody guesses"}


def home(tmp_path: Path) -> Home:
    return open_existing_home(Settings(home=tmp_path / "home"))


def test_a_home_is_taken_back_and_upgraded_again(pilot: Pilot, tmp_path: Path) -> None:
    assert pilot("seed", **KEY).exit_code == 0
    rehearsed = pilot("rollback", "--to", PREVIOUS, "--dry-run", "--json")
    assert rehearsed.exit_code == 0, rehearsed.output
    lost = json.loads(rehearsed.stdout)["lost"]
    assert present_revision(home(tmp_path)) == HEAD
    back = pilot("rollback", "--to", PREVIOUS, "--reason", "a drill", "--yes")
    assert back.exit_code == 0, back.output
    assert all(f"{table}: {rows} rows are lost" in back.stdout for table, rows in lost.items())
    assert present_revision(home(tmp_path)) == PREVIOUS
    assert [each.manifest.scope for each in list_backups(tmp_path / "home-backups")] == ["safety"]
    assert PREVIOUS in pilot("upgrade", "--dry-run").stdout
    assert present_revision(home(tmp_path)) == PREVIOUS
    done = pilot("upgrade", "--reason", "a drill")
    assert done.exit_code == 0, done.output
    assert f"went from {PREVIOUS} to {HEAD}" in done.stdout
    assert "passed: the data agrees" in done.stdout


def test_a_home_that_runs_is_left_alone(pilot: Pilot, tmp_path: Path) -> None:
    assert pilot("seed").exit_code == 0
    with claim_home(tmp_path / "home" / ".run"):
        for arguments in (("upgrade",), ("rollback", "--to", PREVIOUS, "--yes")):
            refused = pilot(*arguments, "--reason", "a drill")
            assert refused.exit_code == 1
            assert "already runs" in refused.stderr
    assert present_revision(home(tmp_path)) == HEAD
    assert pilot("rollback", "--to", PREVIOUS, "--yes").exit_code == 2
