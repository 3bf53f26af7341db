"""The commands of a deployment: the proxy's file, the settings for containers, one process by itself."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.commands.running import process as command
from pilot.settings import SERVICES, read_settings, service_urls
from tests.cli.conftest import Pilot

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copy(CHECKOUT / "cafes.toml", tmp_path)
    (tmp_path / "deploy").mkdir()
    return tmp_path


def test_the_proxys_file_is_written_once_and_a_second_call_changes_nothing(pilot: Pilot, checkout: Path) -> None:
    first = pilot("domains", "setup")
    assert first.exit_code == 0
    assert "deploy/Caddyfile is written: aurora.feedbackai.se, malmohuset.feedbackai.se" in first.output
    written = checkout / "deploy" / "Caddyfile"
    before = (written.read_bytes(), written.stat().st_mtime_ns)
    assert "is up to date" in pilot("domains", "setup").output
    assert (written.read_bytes(), written.stat().st_mtime_ns) == before


def test_a_check_of_the_proxys_file_changes_nothing_and_fails_if_it_is_old(pilot: Pilot, checkout: Path) -> None:
    assert pilot("domains", "setup", "--check").exit_code == 1
    assert not (checkout / "deploy" / "Caddyfile").exists()
    pilot("domains", "setup")
    assert pilot("domains", "setup", "--check").exit_code == 0


def test_settings_for_containers_have_the_hosts_and_one_password_in_both_places(pilot: Pilot, checkout: Path) -> None:
    made = pilot("env", "create", "--containers")
    assert made.exit_code == 0, made.output
    file = checkout / ".env"
    assert file.stat().st_mode & 0o777 == 0o600
    lines = dict(line.split("=", 1) for line in file.read_text("utf-8").splitlines() if "=" in line and line[0] != "#")
    assert lines["PILOT_STORE_URL"] == f"postgresql+psycopg2://pilot:{lines['POSTGRES_PASSWORD']}@postgres/pilot"
    assert lines["PILOT_DAGSTER_URL"] == "https://staging.feedbackai.se/dagster"
    settings = read_settings({name: value for name, value in lines.items() if name.startswith("PILOT_")})
    assert settings.public_url == "https://aurora.feedbackai.se"
    secrets = [lines[name] for name in ("POSTGRES_PASSWORD", "GRAFANA_PASSWORD", "PILOT_BACKUP_KEY")]
    assert len(set(secrets)) == len(secrets)
    assert all(len(each) == 64 for each in secrets)
    assert not any(each in made.output for each in secrets)
    again = pilot("env", "create", "--containers")
    assert again.exit_code == 1
    assert "not overwritten" in again.output


def test_a_process_becomes_the_named_one_with_its_hosts_name(pilot: Pilot, checkout: Path, monkeypatch) -> None:
    became: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(os, "execvpe", lambda program, words, env: became.append((words, env)))
    monkeypatch.setattr(command.socket, "gethostname", lambda: "3F-ab12.local")
    monkeypatch.setattr(os, "chdir", lambda folder: None)
    assert pilot("process", "api-gateway").exit_code == 0
    ((words, env),) = became
    assert words[1:] == ["-m", "voice_edge"]
    assert env["PILOT_REPLICA"] == "3fab12local"
    assert "PILOT_STRIPE_URL" not in env  # Each process by itself has no fake Stripe beside it.
    assert pilot("process", "business-dashboard", PILOT_PAGES_HOST="0.0.0.0").exit_code == 0
    assert became[-1][0][became[-1][0].index("--server.address") + 1] == "0.0.0.0"


def test_a_process_that_is_none_is_refused_with_the_names(pilot: Pilot, checkout: Path) -> None:
    refused = pilot("process", "nginx")
    assert refused.exit_code == 2
    assert "code-server" in refused.output


def test_a_deployment_needs_private_settings_and_says_how_to_make_them(pilot: Pilot, checkout: Path) -> None:
    missing = pilot("deploy", "--now", "--reason", "a test")
    assert missing.exit_code == 1
    assert "pilot env create --containers" in missing.output
    (checkout / ".env").write_text("PILOT_LOG_LEVEL=info\n")
    (checkout / ".env").chmod(0o644)
    assert "Others can read" in pilot("deploy", "--now", "--reason", "a test").output


@pytest.mark.parametrize("value", ["edge", "edge=api-gateway:8000", "watch=http://watch:1", "edge=http://a b:1"])
def test_an_address_of_a_process_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(Exception, match="PILOT_SERVICES"):
        read_settings({"PILOT_SERVICES": value})


def test_addresses_of_processes_are_read_by_name() -> None:
    text = ",".join(f"{name}=http://{name}:80" for name in SERVICES)
    assert service_urls(read_settings({"PILOT_SERVICES": text})) == {name: f"http://{name}:80" for name in SERVICES}


class Peak(datetime):
    """A clock that stands at half past eight on a Monday in Stockholm."""

    @classmethod
    def now(cls, tz: object = None) -> datetime:
        return datetime(2026, 11, 23, 7, 30, tzinfo=UTC)


def test_neither_a_deployment_nor_a_load_test_begins_in_a_peak_without_a_reason(
    pilot: Pilot, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("cli.commands.running.deploy", "cli.commands.proving.load_test"):
        monkeypatch.setattr(f"{module}.datetime", Peak)
    load = ("load-test", "--url", "https://aurora.feedbackai.se", "--duration", "1s", "--concurrent", "1")
    for command_line in (("deploy",), load, ("deploy", "--reason", "forgot --now"), ("deploy", "--now")):
        refused = pilot(*command_line)
        assert refused.exit_code == 1, refused.output
        assert "Göteborg Café until 09:30" in refused.output
    allowed = pilot("deploy", "--now", "--reason", "the payment page is broken")
    assert ".env is missing" in allowed.output
    # A load of this machine's own edge disturbs no guest.
    local = pilot("load-test", "--url", "http://127.0.0.1:1", "--duration", "1s", "--concurrent", "1")
    assert "until 09:30" not in local.output
