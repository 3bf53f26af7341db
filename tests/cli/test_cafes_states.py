"""`pilot cafe`, `pilot cafes` and `pilot erase`: every change can be reverted and is audited."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from operations.switches.disabling import usual_reasons
from pilot.identifiers import new_identifier, receipt_hash
from pilot.settings import Settings
from storage.home import Home, open_home
from storage.store import audit
from storage.store.cafes import cafe_states, trial_slots
from storage.store.privacy import tombstones
from storage.store.rewards import receipts
from storage.store.rewards.receipts import Receipt
from tests.cli.conftest import Pilot


def opened(tmp_path: Path) -> Home:
    return open_home(Settings(home=tmp_path / "home"))


def test_a_cafe_is_disabled_and_enabled(pilot: Pilot, tmp_path: Path) -> None:
    disabled = pilot("cafe", "disable", "aurora", "--reason", "water leak")
    assert "aurora is disabled" in disabled.stdout
    assert "Next: pilot cafe enable aurora" in disabled.stdout
    assert "already" in pilot("cafe", "disable", "aurora", "--reason", "again").stdout
    states = {each["cafe"]: each for each in json.loads(pilot("cafe", "status", "--json").stdout)}
    assert states["aurora"]["state"].startswith("paused by cli:")
    assert not states["aurora"]["takes_feedback"]
    assert not states["malmohuset"]["state"].startswith("paused")
    assert "takes feedback again" in pilot("cafe", "enable", "aurora", "--reason", "mended").stdout
    store = opened(tmp_path).store()
    assert [(each.action, each.reason) for each in audit.recent(store, 2)] == [
        ("cafe.resume", "mended"),
        ("cafe.pause", "water leak"),
    ]


@pytest.mark.parametrize("reason", usual_reasons())
def test_a_usual_reason_has_natural_words_for_guests_in_both_languages(
    pilot: Pilot, tmp_path: Path, reason: str
) -> None:
    assert "Guests read: " in pilot("cafe", "disable", "aurora", "--reason", reason.upper()).stdout
    state = cafe_states.find(opened(tmp_path).store(), "aurora")
    assert state.shown_sv and state.shown_en and state.shown_sv != state.shown_en
    assert "Café Aurora" in state.shown_sv and reason not in state.shown_sv
    pilot("cafe", "enable", "aurora", "--reason", "over")
    assert cafe_states.find(opened(tmp_path).store(), "aurora").shown_sv is None


def test_own_words_for_guests_are_taken_in_both_languages_only(pilot: Pilot, tmp_path: Path) -> None:
    own = ("--guests-sv", "Vi bygger om till fredag.", "--guests-en", "We rebuild until Friday.")
    for wrong, words in (
        (own[:2], "guests-en is empty"),
        (("--guests-sv", "Ring Anna Svensson på 070-123 45 67", *own[2:]), "personal data"),
        (("--guests-sv", "x" * 201, *own[2:]), "201 characters"),
    ):
        refused = pilot("cafe", "disable", "aurora", "--reason", "rebuilding", *wrong)
        assert refused.exit_code == 2
        assert words in " ".join(refused.stderr.replace("│", " ").split())
    assert not cafe_states.find(opened(tmp_path).store(), "aurora").paused
    assert pilot("cafe", "disable", "aurora", "--reason", "rebuilding", *own).exit_code == 0
    assert cafe_states.find(opened(tmp_path).store(), "aurora").shown_sv == own[1]


def test_all_cafes_are_disabled_at_once_and_wrong_use_changes_nothing(pilot: Pilot, tmp_path: Path) -> None:
    for wrong in (("uppsala", "--reason", "x"), ("--reason", "x"), ("aurora", "--all", "--reason", "x"), ("aurora",)):
        assert pilot("cafe", "disable", *wrong).exit_code == 2
    assert pilot("cafe", "disable", "--all", "--reason", "disk", "--dry-run").stdout.count("would be disabled") == 3
    assert cafe_states.find_all(opened(tmp_path).store()) == {}
    assert pilot("cafe", "disable", "--all", "--reason", "disk").stdout.count("is disabled") == 3
    assert json.loads(pilot("cafe", "enable", "--all", "--reason", "done", "--json").stdout)["enabled"][0]["changed"]


def test_a_trial_is_extended_with_who_and_why(pilot: Pilot, tmp_path: Path) -> None:
    home = opened(tmp_path)
    trial_slots.use(home.store(), session_id=new_identifier(), cafe=home.cafes().get("aurora"))
    assert "1 of 100 used" in pilot("cafes", "trial", "aurora").stdout
    assert pilot("cafe", "extend", "aurora", "--limit", "150").exit_code == 2
    assert pilot("cafe", "extend", "aurora", "--limit", "0", "--reason", "x").exit_code == 1
    assert "Dry run" in pilot("cafe", "extend", "aurora", "--limit", "150", "--reason", "x", "--dry-run").stdout
    assert "1 of 150 used" in pilot("cafe", "extend", "aurora", "--limit", "150", "--reason", "more weeks").stdout
    entry = audit.recent(home.store(), 1)[0]
    assert (entry.action, entry.reason, entry.details) == ("cafe.trial_limit", "more weeks", {"from": None, "to": 150})
    assert entry.actor.startswith("cli:")
    state = next(each for each in json.loads(pilot("cafe", "status", "--json").stdout) if each["cafe"] == "aurora")
    assert state["lasts_days"] == [1.49, 2.98]
    assert "trial 1/150, what is left lasts 1.5 to 3.0 days" in pilot("cafe", "status").stdout


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
