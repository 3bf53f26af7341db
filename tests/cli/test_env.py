"""The file of settings is made with secrets of its own, private, and never overwritten."""

from __future__ import annotations

import stat
from pathlib import Path

from pilot.settings import read_settings
from tests.cli.conftest import Pilot


def lines(path: Path) -> dict[str, str]:
    text = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in text if "=" in line and not line.startswith("#"))


def test_each_file_of_settings_has_its_own_secrets_and_is_private(pilot: Pilot, tmp_path: Path) -> None:
    assert pilot("env", "create").exit_code == 0
    assert pilot("env", "create", "--file", "other.env").exit_code == 0
    one, other = lines(tmp_path / ".env"), lines(tmp_path / "other.env")
    assert one.keys() == other.keys() == {"PILOT_BACKUP_KEY", "PILOT_PROBE_TOKEN"}
    assert not set(one.values()) & set(other.values())
    assert all(len(secret) == 64 for secret in one.values())
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert read_settings(one).backup_key.get_secret_value() == one["PILOT_BACKUP_KEY"]


def test_the_made_file_passes_the_pre_flight_and_an_unknown_key_is_refused(pilot: Pilot, tmp_path: Path) -> None:
    pilot("env", "create")
    assert pilot("doctor", "--only", "settings").exit_code == 0
    text = (tmp_path / ".env").read_text(encoding="utf-8")
    (tmp_path / ".env").write_text(f"{text}PILOT_EDGE_PROT=1\n", encoding="utf-8")
    refused = pilot("doctor", "--only", "settings")
    assert refused.exit_code == 1
    assert "PILOT_EDGE_PROT is not a known setting" in refused.stdout


def test_an_existing_file_is_never_overwritten_and_a_dry_run_writes_nothing(pilot: Pilot, tmp_path: Path) -> None:
    assert "PILOT_BACKUP_KEY" in pilot("env", "create", "--dry-run").stdout
    assert not (tmp_path / ".env").exists()
    (tmp_path / ".env").write_text("PILOT_EDGE_PORT=8000\n", encoding="utf-8")
    refused = pilot("env", "create")
    assert refused.exit_code == 1
    assert "is not overwritten" in refused.stderr
    assert lines(tmp_path / ".env") == {"PILOT_EDGE_PORT": "8000"}
