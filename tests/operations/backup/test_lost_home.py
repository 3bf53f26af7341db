"""A new home does not begin where one was lost, as backups or a database with guests show."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from operations.backup.lost_home import HomeLost, check_not_lost, is_new
from operations.system import System
from pilot.identifiers import new_identifier
from pilot.settings import Settings, read_settings
from storage.home import open_existing_home, open_home
from storage.store import audit
from storage.store.rewards import receipts
from storage.store.rewards.receipts import Receipt
from tests.cli.conftest import Pilot, pilot
from tests.postgresql import running_cluster

__all__ = ["pilot"]

pytestmark = pytest.mark.usefixtures("quick_passphrase")
KEY = {"PILOT_BACKUP_KEY": "a key that nobody guesses"}
SECRET = SecretStr("a-key-of-twenty-letters")


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[System]:
    """Serve nothing: keep each system that would be served."""
    found: list[System] = []
    monkeypatch.setattr("cli.commands.running.run.serve_until_stopped", lambda system, **_: found.append(system))
    return found


def lose(root: Path) -> None:
    open_existing_home(read_settings(dict(os.environ))).store().close()
    shutil.rmtree(root)


def test_a_lost_home_is_not_begun_anew_and_the_restore_is_named(
    pilot: Pilot, served: list[System], tmp_path: Path
) -> None:
    root = tmp_path / "home"
    assert pilot("run", **KEY).exit_code == 0  # the first one: no backup shows another
    assert pilot("backup", "now").exit_code == 0
    assert pilot("run").exit_code == 0
    lose(root)
    assert pilot("seed").exit_code == 0  # a command that needs a home creates an empty one
    for command in (("run",), ("prepare",), ("backup", "now")):
        refused = pilot(*command)
        assert refused.exit_code == 1, command
        assert "is new and empty, but backups of a home are in" in refused.stderr
        assert "pilot backup restore latest" in refused.stderr and "--new REASON" in refused.stderr
    assert len(served) == 2
    restored = pilot("backup", "restore", "latest", "--yes", "--reason", "the disk was lost")
    assert restored.exit_code == 0, restored.output
    assert pilot("run").exit_code == 0
    assert not is_new(served[-1].home.root)


def test_a_person_begins_a_new_home_beside_backups_with_a_reason(
    pilot: Pilot, served: list[System], tmp_path: Path
) -> None:
    assert pilot("backup", "now", **KEY).exit_code == 0
    lose(tmp_path / "home")
    assert pilot("run", "--new", " ").exit_code == 1
    assert pilot("run", "--new", "a second pilot").exit_code == 0
    (entry,) = [each for each in audit.recent(served[0].home.store(), 9) if each.action == "home.new"]
    assert entry.reason == "a second pilot"


def test_an_unreadable_target_is_no_proof_of_a_first_start(tmp_path: Path) -> None:
    home = open_home(Settings(home=tmp_path / "home", backup_remote="nowhere:pilot"))
    with pytest.raises(HomeLost, match="cannot be read"):
        check_not_lost(home)


def test_damaged_backups_show_a_home_and_those_of_a_configuration_do_not(pilot: Pilot, tmp_path: Path) -> None:
    assert pilot("backup", "now", "--scope", "configuration", **KEY).exit_code == 0
    assert pilot("backup", "now").exit_code == 0
    newest = max((tmp_path / "home-backups").glob("backup-*"), key=lambda path: path.stat().st_mtime)
    (newest / "manifest.json").write_text("{", encoding="utf-8")
    lose(tmp_path / "home")
    refused = pilot("run")
    assert newest.name in refused.stderr


@pytest.mark.postgresql
def test_a_database_with_guests_shows_a_home_unless_hosts_share_key_and_landing(tmp_path: Path) -> None:
    with running_cluster() as cluster:
        known = Settings(home=tmp_path / "home", store_url=cluster.new_store())
        home = open_home(known)
        check_not_lost(home)
        at = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
        guest = Receipt("0" * 64, "K7M2QP", new_identifier(), "aurora", at.date(), "sv", False, at, 71, True, "2026-11")
        receipts.save(home.store(), guest)
        with pytest.raises(HomeLost, match="whose key and landing were in a home"):
            check_not_lost(home)
        shared = {"landing_url": "s3://bucket/landing", "secret_key": SECRET}
        check_not_lost(open_home(known.model_copy(update={**shared, "home": tmp_path / "second"})))
        with pytest.raises(HomeLost):
            check_not_lost(open_home(known.model_copy(update={"secret_key": SECRET, "home": tmp_path / "third"})))
        home.store().close()
