"""`pilot cafes` and `pilot erase`: every switch can be reverted and is recorded with its actor."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

from pilot.identifiers import new_identifier, receipt_hash
from pilot.settings import Settings
from storage.home import Home, open_home
from storage.store import audit
from storage.store.cafes import trial_slots
from storage.store.privacy import tombstones
from storage.store.rewards import receipts
from storage.store.rewards.receipts import Receipt
from tests.cli.conftest import Pilot


def opened(tmp_path: Path) -> Home:
    return open_home(Settings(home=tmp_path / "home"))


def test_a_cafe_is_paused_and_resumed(pilot: Pilot, tmp_path: Path) -> None:
    paused = pilot("cafes", "pause", "aurora", "--reason", "water leak")
    assert "aurora is paused" in paused.stdout
    assert "Back: pilot cafes resume aurora" in paused.stdout
    assert "already" in pilot("cafes", "pause", "aurora", "--reason", "again").stdout
    states = {each["cafe"]: each for each in json.loads(pilot("cafes", "status", "--json").stdout)}
    assert states["aurora"]["state"].startswith("paused by cli:")
    assert not states["aurora"]["takes_feedback"]
    assert not states["malmohuset"]["state"].startswith("paused")
    assert "takes feedback again" in pilot("cafes", "resume", "aurora").stdout
    assert [entry.action for entry in audit.recent(opened(tmp_path).store(), 2)] == ["cafe.resume", "cafe.pause"]
    assert audit.recent(opened(tmp_path).store(), 2)[1].reason == "water leak"


def test_all_cafes_are_paused_at_once_and_an_unknown_one_is_refused(pilot: Pilot) -> None:
    assert pilot("cafes", "pause", "all", "--reason", "disk").stdout.count("is paused") == 3
    refused = pilot("cafes", "pause", "uppsala", "--reason", "x")
    assert refused.exit_code != 0
    assert "uppsala" in refused.stderr


def test_maintenance_is_turned_on_with_a_reason(pilot: Pilot) -> None:
    assert "Maintenance is off." in pilot("cafes", "maintenance", "status").stdout
    assert pilot("cafes", "maintenance", "on").exit_code != 0
    assert "Maintenance is on" in pilot("cafes", "maintenance", "on", "--reason", "new disk").stdout
    assert ": new disk." in pilot("cafes", "maintenance", "status").stdout
    assert all(each["state"] == "maintenance" for each in json.loads(pilot("cafes", "status", "--json").stdout))
    assert "Maintenance is off" in pilot("cafes", "maintenance", "off").stdout


def test_a_trial_is_shown_and_raised_with_a_reason(pilot: Pilot, tmp_path: Path) -> None:
    home = opened(tmp_path)
    trial_slots.use(home.store(), session_id=new_identifier(), cafe=home.cafes().get("aurora"))
    assert "1 of 100 used" in pilot("cafes", "trial", "aurora").stdout
    assert pilot("cafes", "trial", "aurora", "--limit", "150").exit_code != 0
    assert "1 of 150 used" in pilot("cafes", "trial", "aurora", "--limit", "150", "--reason", "more weeks").stdout
    state = next(each for each in json.loads(pilot("cafes", "status", "--json").stdout) if each["cafe"] == "aurora")
    assert state["lasts_days"] == [1.49, 2.98]
    assert "trial 1/150, what is left lasts 1.5 to 3.0 days" in pilot("cafes", "status").stdout


def test_the_next_days_hours_are_shown(pilot: Pilot) -> None:
    lines = pilot("cafes", "open", "aurora", "--days", "60").stdout.splitlines()
    assert len(lines) == 60
    assert all("closed" in line or "-" in line for line in lines)


def a_receipt(reference: str) -> Receipt:
    session = new_identifier()
    return Receipt(
        receipt_hash=receipt_hash(session),
        reference=reference,
        session_id=session,
        cafe="aurora",
        day=date(2026, 11, 23),
        language="sv",
        simulated=False,
        created_at=datetime(2026, 11, 23, 11, tzinfo=UTC),
        preliminary_score=None,
        preliminary_eligible=None,
        rubric_version="2026-11",
    )


def test_a_guest_is_erased_by_reference(pilot: Pilot, tmp_path: Path) -> None:
    store = opened(tmp_path).store()
    receipt = a_receipt("K7M2QP")
    receipts.save(store, receipt)
    assert pilot("erase", "k7m 2qp", "--reason", "asked at the till").exit_code == 0
    assert tombstones.erased_at(store, receipt.session_id) is not None
    assert "No receipt has the reference" in pilot("erase", "K7M2QQ", "--reason", "x").stderr


def test_a_reference_that_two_guests_share_erases_neither(pilot: Pilot, tmp_path: Path) -> None:
    store = opened(tmp_path).store()
    both = [a_receipt("K7M2QP"), a_receipt("K7M2QP")]
    for each in both:
        receipts.save(store, each)
    refused = pilot("erase", "K7M2QP", "--reason", "x")
    assert refused.exit_code == 1
    assert all(each.session_id in refused.stderr for each in both)
    assert all(tombstones.erased_at(store, each.session_id) is None for each in both)
