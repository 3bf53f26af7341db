"""`pilot payout`: support finds a held reward by the guest's reference, and rules on it once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.payout.rewards import line
from payouts.deciding import decide_sessions
from payouts.till_sign_in import invited_device, pin_hash
from pilot.identifiers import new_identifier
from storage.home import Home
from storage.store import audit
from storage.store.ledger.auditor import FACTS
from storage.store.rewards import decisions, till_pins
from storage.store.rewards.receipts import Receipt, save
from storage.store.rewards.reward_cases import Candidate
from tests.cli.test_commands import Pilot, opened

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


def decided(home: Home, *, held: bool, reference: str = "H7KM3Q") -> Candidate:
    one = Candidate(
        session_id=new_identifier(at=NOON),
        day=NOON.date(),
        cafe="aurora",
        simulated=True,
        consent=True,
        score=78,
        counted_score=78,
        clear=True,
        held_until=NOON + timedelta(days=7) if held else None,
        reasons=("ring",) if held else (),
        device=None,
        rubric_version="2026-11",
        scorer_version="1",
    )
    save(
        home.store(),
        Receipt(
            receipt_hash=one.session_id,
            reference=reference,
            session_id=one.session_id,
            cafe="aurora",
            day=one.day,
            language="sv",
            simulated=True,
            created_at=NOON,
            preliminary_score=78,
            preliminary_eligible=True,
            rubric_version="2026-11",
        ),
    )
    decide_sessions(home.store(), [one], cafes=home.cafes(), secret=home.secret(), decided_by="assets")
    return one


def test_a_held_reward_is_listed_until_it_is_released_by_its_reference(pilot: Pilot, tmp_path: Path) -> None:
    one = decided(opened(tmp_path), held=True)
    assert one.session_id in pilot("payout", "list").stdout
    released = pilot("payout", "release", "h7k m3q", "--reason", "A family that ordered the same")
    assert released.exit_code == 0
    assert "30\u00a0kr held (ring), released [simulated]" in released.stdout
    assert pilot("payout", "list").stdout == "No reward is held.\n"
    found = json.loads(pilot("payout", "show", one.session_id, "--json").stdout)
    assert (found["voucher"]["state"], "code_hash" in found["voucher"]) == ("issued", False)
    assert json.loads(pilot("payout", "balances", "--json").stdout)["simulated"]["rewards_owed"] == -3000
    (entry,) = [each for each in audit.recent(opened(tmp_path).store(), 5) if each.action == "reward.release"]
    assert entry.reason == "A family that ordered the same"


def test_a_ruling_is_final_and_a_lost_voucher_is_replaced(pilot: Pilot, tmp_path: Path) -> None:
    decided(opened(tmp_path), held=True)
    assert pilot("payout", "refuse", "H7KM3Q", "--reason", "Third copy").exit_code == 0
    changed = pilot("payout", "release", "H7KM3Q", "--reason", "Or not")
    assert (changed.exit_code, "refused before" in changed.stderr) == (1, True)
    other = decided(opened(tmp_path), held=False, reference="Q3MK7H")
    replaced = pilot("payout", "replace", other.session_id, "--reason", "The phone was lost")
    assert "Voucher 2 over 30\u00a0kr" in replaced.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "ZZZZZZ"), "There is no decision"),
        (("release", "H7KM3Q", "--reason", "  "), "The reason is empty"),
        (("refuse", "Q3MK7H", "--reason", "x"), "has no held reward"),
        (("replace", "H7KM3Q", "--reason", "x"), "has no voucher"),
    ],
)
def test_an_impossible_request_is_refused_with_a_reason(
    pilot: Pilot, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    decided(opened(tmp_path), held=True)
    decided(opened(tmp_path), held=False, reference="Q3MK7H")
    refused = pilot("payout", *arguments)
    assert refused.exit_code == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_tills_pin_is_printed_once_saved_as_a_hash_and_replaced(pilot: Pilot, tmp_path: Path) -> None:
    first, second = (
        json.loads(pilot("payout", "pin", "aurora", "--reason", "first shift", "--json").stdout) for _ in range(2)
    )
    home = opened(tmp_path)
    kept = till_pins.find(home.store(), "aurora")
    assert kept is not None
    links = [each["address"].partition("/till/aurora?till=")[2] for each in (first, second)]
    invited = [invited_device(home.secret(), link, cafe="aurora", number=2) for link in links]
    assert invited == [None, "invited-2"]
    assert first["pin"] not in kept.pin_hash
    assert kept.number == 2
    assert kept.pin_hash == pin_hash(home.secret(), cafe="aurora", number=2, pin=second["pin"])
    assert [each.action for each in audit.recent(home.store(), 2)] == ["till_pin.replace"] * 2
    unknown = pilot("payout", "pin", "nowhere", "--reason", "x")
    assert unknown.exit_code == 1
    assert "The cafés are:" in unknown.stderr
    assert pilot("payout", "pin", "aurora", "--reason", " ").exit_code == 1


def test_the_audit_of_correct_books_passes(pilot: Pilot, tmp_path: Path) -> None:
    decided(opened(tmp_path), held=True)
    decided(opened(tmp_path), held=False, reference="Q3MK7H")
    audited = pilot("payout", "audit")
    assert (audited.exit_code, audited.stdout) == (0, f"{len(FACTS)} facts, 0 broken.\n")


def test_a_reference_that_two_guests_share_requires_the_session(pilot: Pilot, tmp_path: Path) -> None:
    sessions = [decided(opened(tmp_path), held=True).session_id for _ in range(2)]
    refused = pilot("payout", "show", "H7KM3Q")
    assert refused.exit_code == 1
    assert all(each in refused.stderr for each in sessions)


def test_a_held_reward_past_its_deadline_is_marked(tmp_path: Path) -> None:
    home = opened(tmp_path)
    decided(home, held=True)
    (waiting,) = decisions.held_rewards(home.store())
    now = datetime.now(UTC)
    for days, state in ((1, "held until"), (-1, "held OVERDUE since")):
        promised = now + timedelta(days=days)
        assert f" {state} {promised:%Y-%m-%d} (ring)" in line(replace(waiting, held_until=promised))
