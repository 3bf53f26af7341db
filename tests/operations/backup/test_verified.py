"""A restored home does not run until its data is verified, or a person accepts it with a reason."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from operations.backup.verified import ACCEPTED, VERIFIED, NotVerified, check_verified
from operations.system import System
from pilot.settings import Settings
from storage.home import open_existing_home
from storage.store import audit
from tests.cli.conftest import Pilot, pilot

__all__ = ["pilot"]

pytestmark = pytest.mark.usefixtures("quick_passphrase")
KEY = {"PILOT_BACKUP_KEY": "a key that nobody guesses"}


@pytest.fixture
def restored(pilot: Pilot, tmp_path: Path) -> Path:
    """Return a home restored in place."""
    assert pilot("seed", **KEY).exit_code == 0
    assert pilot("backup", "now").exit_code == 0
    assert pilot("restore", "latest", "--yes", "--reason", "a drill").exit_code == 0
    return tmp_path / "home"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[System]:
    """Serve nothing: keep each system that would be served, after the same check."""
    found: list[System] = []

    def serve(system: System, **_: object) -> None:
        check_verified(system.home)
        found.append(system)

    monkeypatch.setattr("cli.commands.running.run.serve_until_stopped", serve)
    return found


def entries(root: Path) -> list[tuple[str, str]]:
    store = open_existing_home(Settings(home=root)).store()
    found = [(each.action, each.reason) for each in audit.recent(store, 20) if each.action.startswith("data.")]
    store.close()
    return found


def test_a_restored_home_is_not_run_and_the_command_is_named(pilot: Pilot, restored: Path) -> None:
    # The command as it is: it ends before any process starts.
    refused = pilot("run")
    assert refused.exit_code == 1
    assert "was restored from backup-" in refused.stderr
    assert "pilot verify-data" in refused.stderr
    assert not (restored / ".run" / "supervisor.lock").exists()


def test_it_runs_once_its_data_has_passed(pilot: Pilot, restored: Path, served: list[System]) -> None:
    assert pilot("verify-data").exit_code == 0
    assert pilot("run").exit_code == 0
    assert [each.home.root for each in served] == [restored]
    assert entries(restored) == [(VERIFIED, "passed")]
    # A home that was not restored gets no entry.
    assert pilot("verify-data").exit_code == 0
    assert len(entries(restored)) == 1


def test_wrong_data_keeps_it_stopped(pilot: Pilot, restored: Path, served: list[System]) -> None:
    with sqlite3.connect(restored / "store.sqlite") as store:
        store.execute("drop table vouchers")
    store.close()
    assert pilot("verify-data").exit_code == 1
    refused = pilot("run")
    assert (refused.exit_code, served) == (1, [])


def test_a_person_accepts_it_unverified_with_a_reason_that_is_audited(
    pilot: Pilot, restored: Path, served: list[System]
) -> None:
    assert pilot("run", "--unverified", " ").exit_code == 1
    assert pilot("run", "--unverified", "guests wait").exit_code == 0
    assert len(served) == 1
    assert entries(restored) == [(ACCEPTED, "guests wait")]


def test_a_home_restored_beside_is_marked_too_and_a_rehearsal_leaves_nothing(pilot: Pilot, tmp_path: Path) -> None:
    assert pilot("seed", **KEY).exit_code == 0
    assert pilot("backup", "now").exit_code == 0
    assert pilot("restore", "latest", "--to", str(tmp_path / "new")).exit_code == 0
    with pytest.raises(NotVerified):
        check_verified(open_existing_home(Settings(home=tmp_path / "new")))
    check_verified(open_existing_home(Settings(home=tmp_path / "home")))
