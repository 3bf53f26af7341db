"""Tokens are rotated with an overlap: both work, then the old one is retired."""

from __future__ import annotations

import re
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from operations.keys import KeyRefused, fingerprint, retire, rotate
from pilot.cafes import Cafes
from pilot.errors import InvalidSettings
from pilot.settings import read_settings
from storage.home import Home
from storage.store import audit
from tests.cli.conftest import Pilot, pilot
from voice_edge.http.counts_service import CountsService, read_tokens

__all__ = ["pilot"]

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
OLD, MALMO = "o" * 40, "m" * 40


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / ".env"
    path.write_text(
        f"# Settings.\nPILOT_PROBE_TOKEN={OLD}\nPILOT_WORDS_DAYS=60\nPILOT_COUNTS_TOKENS=aurora={OLD},malmohuset={MALMO}\n",
        encoding="utf-8",
    )
    return path


def values(file: Path) -> dict[str, str]:
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def options(**more: str) -> dict:
    return {"actor": "lo", "reason": "a drill", "now": NOW, **more}


def test_a_probe_token_overlaps_until_the_old_one_is_retired(home: Home, file: Path) -> None:
    done = rotate(home, file, "probe-token", **options())
    assert values(file)["PILOT_PROBE_TOKEN"] == f"{done.token}|{OLD}"
    assert (done.valid, stat.S_IMODE(file.stat().st_mode)) == (2, 0o600)
    with pytest.raises(KeyRefused, match="valid already"):
        rotate(home, file, "probe-token", **options())
    assert retire(home, file, "probe-token", **options()).valid == 1
    assert values(file) == {**values(file), "PILOT_PROBE_TOKEN": done.token, "PILOT_WORDS_DAYS": "60"}
    assert file.read_text(encoding="utf-8").startswith("# Settings.\n")
    with pytest.raises(KeyRefused, match="Only one"):
        retire(home, file, "probe-token", **options())
    entries = [(each.action, each.subject, dict(each.details)) for each in reversed(audit.recent(home.store(), 9))]
    assert entries == [
        ("key.rotate", "probe-token", {"fingerprint": fingerprint(done.token)}),
        ("key.retire", "probe-token", {"fingerprint": fingerprint(OLD)}),
    ]


def test_a_cafes_till_works_with_both_tokens_and_then_with_the_new_one_only(
    home: Home, file: Path, cafes: Cafes
) -> None:
    def accepted(token: str) -> str | None:
        tokens = read_tokens(values(file)["PILOT_COUNTS_TOKENS"], cafes=cafes)
        return CountsService(home, tokens, clock=lambda: NOW).cafe_of(f"Bearer {token}")

    done = rotate(home, file, "counts-token", **options(cafe="aurora"))
    assert [accepted(each) for each in (done.token, OLD, MALMO)] == ["aurora", "aurora", "malmohuset"]
    assert accepted(f"{done.token}|{OLD}") is None
    retire(home, file, "counts-token", **options(cafe="aurora"))
    assert [accepted(each) for each in (done.token, OLD, MALMO)] == ["aurora", None, "malmohuset"]
    with pytest.raises(KeyRefused, match="lund has no counts-token"):
        rotate(home, file, "counts-token", **options(cafe="lund"))


@pytest.fixture
def cafes(home: Home) -> Cafes:
    return home.cafes()


@pytest.mark.parametrize("wrong", [f"{OLD}|", f"|{OLD}", f"{OLD}|short", f"{OLD}|{MALMO}|{'x' * 40}", f"{OLD}|{OLD}"])
def test_an_empty_or_weak_part_is_never_valid(wrong: str, cafes: Cafes) -> None:
    with pytest.raises(InvalidSettings):
        read_tokens(f"aurora={wrong}", cafes=cafes)
    if wrong != f"{OLD}|{OLD}":  # The same token twice opens nothing more.
        with pytest.raises(InvalidSettings, match="PROBE_TOKEN"):
            read_settings({"PILOT_PROBE_TOKEN": wrong})


def test_a_token_that_is_set_elsewhere_is_not_rotated_here(home: Home, tmp_path: Path) -> None:
    with pytest.raises(KeyRefused, match="PILOT_PROBE_TOKEN is not set in"):
        rotate(home, tmp_path / "none", "probe-token", **options())
    assert not (tmp_path / "none").exists()


def test_the_rotation_by_typing(pilot: Pilot, file: Path) -> None:
    assert pilot("seed").exit_code == 0
    listed = pilot("keys", "list")
    assert "set    probe_token" in listed.stdout
    assert OLD not in listed.stdout
    assert pilot("keys", "rotate", "probe-token").exit_code == 2
    assert pilot("keys", "rotate", "secret-key", "--reason", "x").exit_code == 2
    done = pilot("keys", "rotate", "probe-token", "--reason", "a drill")
    assert done.exit_code == 0, done.output
    token = re.search(r"probe-token: ([0-9a-f]{64})", done.stdout)
    assert token is not None
    assert "2 tokens are valid" in done.stdout
    assert pilot("keys", "retire", "probe-token", "--reason", "a drill").exit_code == 0
    assert values(file)["PILOT_PROBE_TOKEN"] == token[1]


def test_a_webhooks_rule_is_added_tested_rotated_and_removed_by_typing(pilot: Pilot) -> None:
    assert pilot("seed").exit_code == 0
    wrong = pilot("rules", "add", "aurora", "--name", "x", "--url", "http://127.0.0.1/hook")
    assert wrong.exit_code == 1
    made = pilot(
        *("rules", "add", "aurora", "--name", "Kö", "--url", "https://example.se/secret-path"),
        *("--theme", "queue", "--polarity", "negative"),
    )
    assert made.exit_code == 0, made.output
    rule = re.search(r"The rule (\S+) is on", made.stdout)
    assert rule is not None
    secrets = re.findall(r"whsec_\S+", made.stdout)
    listed = pilot("rules", "list")
    assert "queue, negative -> example.se" in listed.stdout
    assert "secret-path" not in listed.stdout
    assert "waits for the watch" in pilot("rules", "test", rule[1]).stdout
    rotated = pilot("keys", "rotate", "webhook", rule[1], "--reason", "a drill")
    assert rotated.exit_code == 0, rotated.output
    assert re.findall(r"whsec_\S+", rotated.stdout) != secrets
    assert pilot("rules", "remove", rule[1], "--reason", "over").exit_code == 0
    assert "0 rules" in pilot("rules", "list").stdout
    assert pilot("rules", "test", rule[1]).exit_code == 1
