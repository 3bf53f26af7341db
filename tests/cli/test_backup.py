"""`pilot backup` and `pilot restore`, as typed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from pilot.settings import read_settings
from storage.home import open_existing_home
from storage.store import audit
from tests.cli.conftest import Pilot
from tests.payouts.world import CHECKOUT

pytestmark = pytest.mark.usefixtures("quick_passphrase")

KEY = {"PILOT_BACKUP_KEY": "a key that nobody guesses"}


def test_a_backup_is_made_listed_verified_and_restored_by_typing(pilot: Pilot, tmp_path: Path) -> None:
    refused = pilot("backup", "now")
    assert refused.exit_code == 1
    assert "--plain" in refused.stderr
    made = pilot("backup", "now", "--json", **KEY)
    assert made.exit_code == 0, made.output
    path = Path(json.loads(made.stdout)["path"])
    assert path.parent == tmp_path / "home-backups"
    assert "sealed" in pilot("backup", "list").stdout
    assert "is whole" in pilot("backup", "verify", "latest").stdout
    assert "passed: 1 of 1 backups are whole" in pilot("backup", "verify").stdout
    restored = pilot("restore", "latest", "--to", str(tmp_path / "new"))
    assert restored.exit_code == 0, restored.output
    assert "Recovery point: everything acknowledged before" in restored.stdout
    assert (tmp_path / "new" / "store.sqlite").exists()
    again = pilot("restore", "latest", "--to", str(tmp_path / "new"))
    assert (again.exit_code, "is not empty" in again.stderr) == (1, True)
    assert "kept: a dry run" in pilot("restore", "latest", "--to", str(tmp_path / "other"), "--dry-run").stdout
    assert not (tmp_path / "other").exists()


def test_a_drill_and_a_restore_in_place_are_typed(pilot: Pilot, tmp_path: Path) -> None:
    assert pilot("backup", "drill", **KEY, PILOT_CAFES_FILE=str(CHECKOUT / "cafes.toml")).exit_code == 1
    made = pilot("backup", "now")
    assert made.exit_code == 0, made.output
    drilled = pilot("backup", "drill")
    assert drilled.exit_code == 0, drilled.output
    assert "passed: backup-" in drilled.stdout
    assert json.loads(pilot("backup", "drill", "--json").stdout)["passed"]
    name = json.loads(pilot("backup", "list", "--json").stdout)[0]["path"].rpartition("/")[2]
    home = open_existing_home(read_settings(dict(os.environ)))
    with home.store().begin() as connection:
        audit.record(connection, actor="test", action="note", subject="lost")
    home.store().close()
    refused = CliRunner().invoke(app, ["backup", "restore", name], input="n\n")
    assert refused.exit_code == 1
    assert "rows of audit_log" in refused.stdout
    rehearsed = pilot("backup", "restore", name, "--dry-run")
    assert "Nothing was kept" in rehearsed.stdout
    restored = pilot("backup", "restore", name, "--yes", "--reason", "a drill")
    assert restored.exit_code == 0, restored.output
    assert "To undo: pilot backup restore backup-" in restored.stdout
    assert "Next: pilot verify-data" in restored.stdout
    assert "passed" in pilot("verify-data").stdout


def test_a_configuration_is_written_to_a_folder_by_typing(pilot: Pilot, tmp_path: Path) -> None:
    variables = {**KEY, "PILOT_CAFES_FILE": str(CHECKOUT / "cafes.toml"), "PILOT_WORDS_DAYS": "60"}
    assert pilot("backup", "now", "--scope", "configuration", **variables).exit_code == 0
    written = pilot("backup", "configuration", "--to", str(tmp_path / "out"))
    assert written.exit_code == 0, written.output
    assert "PILOT_WORDS_DAYS=60" in (tmp_path / "out" / "settings.env").read_text("utf-8")
    assert (tmp_path / "out" / "cafes.toml").exists()
    assert pilot("backup", "configuration", "--to", str(tmp_path / "out")).exit_code == 1
    assert pilot("restore", "latest", "--to", str(tmp_path / "new")).exit_code == 1


def test_the_scope_and_the_target_of_a_backup_are_checked(pilot: Pilot) -> None:
    wrong = pilot("backup", "now", "--scope", "half", **KEY)
    assert (wrong.exit_code, "whole, recent, configuration" in wrong.stderr) == (2, True)
    away = pilot("backup", "now", PILOT_BACKUP_REMOTE="nowhere:pilot")
    assert (away.exit_code, "nowhere:pilot" in away.stdout) == (1, True)
    unknown = pilot("backup", "restore", "--from", "s3://other")
    assert (unknown.exit_code, "s3://other is no target" in unknown.stderr) == (1, True)
