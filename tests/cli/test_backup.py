"""`pilot backup` and `pilot restore`, as typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Pilot

pytestmark = pytest.mark.usefixtures("quick_passphrase")

KEY = {"PILOT_BACKUP_KEY": "a key that nobody guesses"}


def test_a_backup_is_made_listed_verified_and_restored_by_typing(pilot: Pilot, tmp_path: Path) -> None:
    refused = pilot("backup", "create")
    assert refused.exit_code == 1
    assert "--plain" in refused.stderr
    made = pilot("backup", "create", "--json", **KEY)
    assert made.exit_code == 0, made.output
    path = Path(json.loads(made.stdout)["path"])
    assert path.parent == tmp_path / "home-backups"
    assert "sealed" in pilot("backup", "list").stdout
    assert "is whole" in pilot("backup", "verify").stdout
    restored = pilot("restore", "latest", "--to", str(tmp_path / "new"))
    assert restored.exit_code == 0, restored.output
    assert "Recovery point: everything acknowledged before" in restored.stdout
    assert (tmp_path / "new" / "store.sqlite").exists()
    again = pilot("restore", "latest", "--to", str(tmp_path / "new"))
    assert (again.exit_code, "is not empty" in again.stderr) == (1, True)
    assert "kept: a dry run" in pilot("restore", "latest", "--to", str(tmp_path / "other"), "--dry-run").stdout
    assert not (tmp_path / "other").exists()
