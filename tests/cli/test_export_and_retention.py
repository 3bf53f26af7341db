"""`pilot export` and `pilot retention`, as typed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from operations.watch.money.overdue_rewards import decide_day
from pilot.identifiers import new_identifier
from pilot.lake_tables.tables import TURNS
from pilot.settings import Settings
from pipelines.feedback.turns import turns
from proving.erasure.proof_guest import Guest, make_guest
from storage.home import open_home
from storage.landing.days import read_day
from storage.landing.segments import publish
from storage.store import audit
from tests.cli.conftest import Pilot

SPOKE = datetime(2026, 1, 7, 11, 0, tzinfo=UTC)  # longer ago than any limit, whenever this runs
DAY = SPOKE.date()


@pytest.fixture
def guest(tmp_path: Path) -> Guest:
    home = open_home(Settings(home=tmp_path / "home", cafes_file=Path(__file__).parents[2] / "cafes.toml"))
    guest = make_guest(at=SPOKE)
    publish(home.segments(), guest.events, replica="edge1", identifier=new_identifier())
    guest.save(home)
    home.lake().replace_partition(TURNS, DAY, turns(read_day(home.segments(), DAY).frame), commit={})
    decide_day(home, DAY, now=SPOKE + timedelta(hours=3))
    home.store().close()
    return guest


def test_an_export_holds_all_data_about_the_guest_and_is_in_the_audit_log(
    pilot: Pilot, guest: Guest, tmp_path: Path
) -> None:
    done = pilot("export", "--receipt", f"http://127.0.0.1:8000/r/{guest.token}", "--to", "guest.json")
    assert done.exit_code == 0, done.output
    written = tmp_path / "guest.json"
    assert written.stat().st_mode & 0o077 == 0
    exported = json.loads(written.read_text(encoding="utf-8"))
    said = " ".join(turn["transcript"] for turn in exported["conversation"])
    assert all(word in said for word in guest.words)
    assert [event["event"] for event in exported["recorded"] if event["event"] == "session_completed"] != []
    assert exported["reward"]["decision"] == "eligible"
    assert exported["reward"]["voucher"]["state"] == "issued"
    assert exported["sound"]["files"] == []
    assert exported["kept_until"]["words"] == (DAY + timedelta(days=90)).isoformat()
    assert {"receipts", "reward_decisions", "vouchers", "ledger"} <= set(exported["store"])
    assert "code_hash" not in json.dumps(exported)
    home = open_home(Settings(home=tmp_path / "home"))
    entry = audit.recent(home.store(), 1)[0]
    assert (entry.action, entry.subject) == ("session.export", guest.session_id)
    again = pilot("export", "--receipt", guest.token, "--to", "guest.json")
    assert (again.exit_code, "exists already" in again.stderr) == (1, True)


def test_neither_a_reference_nor_a_wrong_address_exports_anything(pilot: Pilot, guest: Guest) -> None:
    for wrong in (guest.receipt.reference, "A" * 32, guest.session_id):
        refused = pilot("export", "--receipt", wrong)
        assert refused.exit_code == 1
        assert guest.words[0] not in refused.output


def test_due_data_is_listed_removed_and_its_removal_reported(pilot: Pilot, guest: Guest) -> None:
    late = pilot("retention", "--status")
    assert (late.exit_code, "2 late" in late.stdout) == (1, True)
    would = pilot("retention", "--dry-run")
    assert "Nothing was changed" in would.stdout
    assert would.stdout.count(DAY.isoformat()) == 2
    done = pilot("retention", "--run", "--at-once", "--json")
    assert done.exit_code == 0, done.output
    assert {each["kind"] for each in json.loads(done.stdout)["worked_on"]} == {"words", "devices"}
    status = pilot("retention", "--status")
    assert (status.exit_code, "2 removed, 0 due, 0 late." in status.stdout) == (0, True)
    exported = json.loads(pilot("export", "--receipt", guest.token).stdout)
    assert exported["kept_until"]["words"] == "removed"
    assert guest.words[0] not in json.dumps(exported, ensure_ascii=False)


def test_exactly_one_mode_must_be_given(pilot: Pilot) -> None:
    assert pilot("retention").exit_code == 2
    assert pilot("retention", "--run", "--status").exit_code == 2
