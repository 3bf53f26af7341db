"""Decisions and vouchers on both engines: decided once, redeemed once, the books always balanced."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from payouts.deciding import BUDGET_FACTOR, decide_sessions, issuer
from payouts.rewards import VOUCHER_DAYS
from payouts.voucher_codes import typed_voucher, voucher_code, voucher_hash
from pilot.cafes import parse_cafes
from pilot.identifiers import new_identifier, readable
from storage.store import audit
from storage.store.cafes import switches, trial_slots
from storage.store.engine import Store
from storage.store.ledger import bookkeeping
from storage.store.privacy import tombstones
from storage.store.rewards import decisions, vouchers
from storage.store.rewards.decisions import Decision, RulingRefused
from storage.store.rewards.reward_cases import Candidate
from storage.store.rewards.vouchers import UNDO_SECONDS, VoucherRefused

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
SECRET = b"key of a test, never of an installation"
CAFES = parse_cafes((Path(__file__).parents[2] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
AURORA = CAFES.get("aurora")
WORKERS = 6


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock(store: Store) -> Clock:
    store.now = Clock()
    return store.now


def candidate(**changes: object) -> Candidate:
    usual = Candidate(
        session_id=new_identifier(at=NOON),
        day=date(2026, 11, 24),
        cafe="aurora",
        simulated=True,
        consent=True,
        score=78,
        counted_score=78,
        clear=True,
        held_until=None,
        reasons=(),
        device=None,
        rubric_version="2026-11",
        scorer_version="1",
    )
    return replace(usual, **changes)


def decide(store: Store, *given: Candidate) -> list[Decision]:
    return decide_sessions(store, given, cafes=CAFES, secret=SECRET, decided_by="assets")


def code_of(store: Store, decision: Decision) -> str:
    voucher = vouchers.of_reward(store, decision.reward_id)
    assert voucher is not None
    return voucher_hash(SECRET, voucher_code(SECRET, decision.reward_id, voucher.number))


def owed(store: Store) -> dict[str, int]:
    found = bookkeeping.balances(store, simulated=True)
    assert sum(found.values()) == 0
    # A voucher is paid by a café.
    assert found.pop("provider_balance") == found.pop("provider_balance_test") == 0
    return found


def test_a_useful_session_gets_its_tier_and_a_voucher_once(store: Store, clock: Clock) -> None:
    one = candidate()
    (made,) = decide(store, one)
    assert (made.outcome, made.amount_ore, made.rubric_version) == ("eligible", 3000, "2026-11")
    assert owed(store)["rewards_owed"] == -3000
    assert decide(store, replace(one, score=95, counted_score=95, scorer_version="2")) == []
    assert decisions.find(store, one.session_id) == made
    assert decisions.of_day(store, one.day) == [made]


@pytest.mark.parametrize(
    ("changes", "outcome", "reason"),
    [
        ({"score": 60, "counted_score": 60}, "declined", "score_below_first_tier"),
        ({"counted_score": 45, "reasons": ("copied_exactly",)}, "declined", "capped"),
        ({"clear": False}, "declined", "score_not_trusted"),
        ({"consent": False}, "declined", "no_consent"),
        ({"held_until": NOON + timedelta(days=7), "reasons": ("ring",)}, "held", "ring"),
    ],
)
def test_a_decision_has_the_reason_against_the_reward(
    store: Store, clock: Clock, changes: dict[str, object], outcome: str, reason: str
) -> None:
    (made,) = decide(store, candidate(**changes))
    assert (made.outcome, made.reason) == (outcome, reason)
    assert vouchers.of_reward(store, made.reward_id) is None
    assert owed(store)["rewards_owed"] == 0


def test_a_real_guest_needs_a_trial_slot_within_the_limit(store: Store, clock: Clock) -> None:
    small = AURORA.model_copy(update={"trial_limit": 1, "on_trial_limit": "collect_unrewarded"})
    within, beyond, unknown = (candidate(simulated=False) for _ in range(3))
    for each in (within, beyond):
        trial_slots.use(store, session_id=each.session_id, cafe=small)
    made = {each.session_id: each for each in decide(store, within, beyond, unknown)}
    assert made[within.session_id].outcome == "eligible"
    assert made[beyond.session_id].reason == "beyond_trial"
    assert decisions.find(store, unknown.session_id) is None


def test_an_erased_session_earns_nothing(store: Store, clock: Clock) -> None:
    one = candidate()
    tombstones.add(store, session_id=one.session_id, actor="guest", reason="asked on the receipt page")
    (made,) = decide(store, one)
    assert (made.outcome, made.reason) == ("declined", "erased")


def test_a_remembered_device_is_rewarded_once_a_day(store: Store, clock: Clock) -> None:
    remembered = [decide(store, candidate(device="d1"))[0].outcome for _ in range(2)]
    assert remembered == ["eligible", "declined"]
    assert [each.outcome for each in decide(store, *(candidate() for _ in range(20)))] == ["eligible"] * 20


def test_rewards_beyond_the_daily_budget_are_held(store: Store, clock: Clock) -> None:
    budget = BUDGET_FACTOR * AURORA.expected_feedbacks_per_day.high
    made = decide(store, *(candidate() for _ in range(budget + 3)))
    assert [each.reason for each in made if each.outcome == "held"] == ["daily_budget"] * 3


def test_no_reward_is_decided_while_the_stop_switch_is_on(store: Store, clock: Clock) -> None:
    one = candidate()
    switches.turn(store, "rewards_stopped", on=True, actor="anna", reason="budget is looked at")
    assert decide(store, one) == []
    switches.turn(store, "rewards_stopped", on=False, actor="anna", reason="done")
    assert len(decide(store, one)) == 1


def test_concurrent_workers_decide_each_session_once(store: Store) -> None:
    rush = [candidate(device=f"d{number % 4}") for number in range(12)]
    with ThreadPoolExecutor(WORKERS) as pool:
        made = [each for new in pool.map(lambda _: decide(store, *rush), range(WORKERS)) for each in new]
    assert sorted(each.session_id for each in made) == sorted(each.session_id for each in rush)
    assert sum(each.outcome == "eligible" for each in made) == 4
    assert owed(store)["rewards_owed"] == -4 * 3000


def test_concurrent_workers_never_exceed_the_daily_budget(store: Store) -> None:
    budget = BUDGET_FACTOR * AURORA.expected_feedbacks_per_day.high
    decide(store, *(candidate() for _ in range(budget - 6)))  # what is left is fought for
    parts = [[candidate() for _ in range(4)] for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        made = [each for new in pool.map(lambda part: [decide(store, one)[0] for one in part], parts) for each in new]
    assert sorted(each.reason for each in made) == [""] * 6 + ["daily_budget"] * 6
    assert owed(store)["rewards_owed"] == -budget * 3000


def test_a_held_reward_is_released_once_with_actor_and_reason(store: Store, clock: Clock) -> None:
    one = candidate(held_until=NOON + timedelta(days=7), reasons=("ring",))
    decide(store, one)
    assert [each.session_id for each in decisions.held_rewards(store)] == [one.session_id]
    for _ in range(2):
        ruled = decisions.rule(
            store, one.session_id, release=True, issuer=issuer(SECRET), actor="anna", reason="a family"
        )
    assert ruled.released
    assert owed(store)["rewards_owed"] == -3000
    assert [entry.reason for entry in audit.recent(store, 10) if entry.action == "reward.release"] == ["a family"]
    with pytest.raises(RulingRefused, match="released before"):
        decisions.rule(store, one.session_id, release=False, issuer=issuer(SECRET), actor="bo", reason="no")


def test_a_voucher_is_redeemed_once_however_often_it_is_tapped(store: Store) -> None:
    (made,) = decide(store, candidate())
    code = code_of(store, made)

    def tap(number: int) -> str:
        return vouchers.redeem(store, code, cafe="aurora", actor="till", request=f"tap-{number}").answer

    with ThreadPoolExecutor(WORKERS) as pool:
        answers = sorted(pool.map(tap, range(WORKERS)))
    assert answers == ["already_redeemed"] * (WORKERS - 1) + ["redeemed"]
    assert owed(store) == {"rewards_expense": 3000, "rewards_owed": 0, "owed_to_cafes": -3000}


def test_a_tap_repeated_after_a_lost_answer_gets_the_same_answer(store: Store, clock: Clock) -> None:
    (made,) = decide(store, candidate())
    answers = [
        vouchers.redeem(store, code_of(store, made), cafe="aurora", actor="till", request="tap").answer
        for _ in range(2)
    ]
    assert answers == ["redeemed", "redeemed"]
    assert owed(store)["owed_to_cafes"] == -3000


def test_a_redemption_can_be_undone_for_a_minute_only(store: Store, clock: Clock) -> None:
    (made,) = decide(store, candidate())
    code = code_of(store, made)
    vouchers.redeem(store, code, cafe="aurora", actor="till", request="1")
    clock.at += timedelta(seconds=UNDO_SECONDS)
    assert vouchers.undo(store, code, cafe="aurora", actor="till").state == "issued"
    assert owed(store)["rewards_owed"] == -3000
    vouchers.redeem(store, code, cafe="aurora", actor="till", request="2")
    clock.at += timedelta(seconds=UNDO_SECONDS + 1)
    with pytest.raises(VoucherRefused, match="more than 60 seconds"):
        vouchers.undo(store, code, cafe="aurora", actor="till")


def test_only_the_replacement_of_an_expired_voucher_is_valid(store: Store, clock: Clock) -> None:
    (made,) = decide(store, candidate())
    first = code_of(store, made)
    clock.at += timedelta(days=VOUCHER_DAYS)
    assert (vouchers.expire_due(store), vouchers.expire_due(store)) == (1, 0)
    assert owed(store) == {"rewards_expense": 0, "rewards_owed": 0, "owed_to_cafes": 0}
    vouchers.replace(store, made.reward_id, issuer=issuer(SECRET), actor="support", reason="was abroad")
    second = code_of(store, made)
    vouchers.replace(store, made.reward_id, issuer=issuer(SECRET), actor="support", reason="lost the code")
    third = code_of(store, made)
    answers = [
        vouchers.redeem(store, code, cafe="aurora", actor="till", request="1").answer for code in (first, second, third)
    ]
    assert answers == ["expired", "cancelled", "redeemed"]
    assert owed(store) == {"rewards_expense": 3000, "rewards_owed": 0, "owed_to_cafes": -3000}
    with pytest.raises(VoucherRefused, match="has been redeemed"):
        vouchers.replace(store, made.reward_id, issuer=issuer(SECRET), actor="support", reason="again")


def test_another_cafes_voucher_and_a_guess_are_refused_differently(store: Store, clock: Clock) -> None:
    (made,) = decide(store, candidate())
    other = vouchers.redeem(store, code_of(store, made), cafe="goteborg", actor="till", request="1")
    guess = vouchers.redeem(store, voucher_hash(SECRET, "2222-2222"), cafe="aurora", actor="till", request="1")
    assert (other.answer, other.voucher, guess.answer) == ("other_cafe", None, "unknown")


@pytest.mark.parametrize("statement", ["UPDATE ledger SET amount_ore = 1", "DELETE FROM reward_decisions"])
def test_the_books_can_only_be_added_to(store: Store, clock: Clock, statement: str) -> None:
    decide(store, candidate())
    with pytest.raises(DatabaseError, match="only be added to"), store.engine.begin() as connection:
        connection.execute(text(statement))


def test_a_typed_code_is_normalised_and_is_never_a_reference() -> None:
    code = voucher_code(SECRET, "a reward", 1)
    assert typed_voucher(f" {code.lower().replace('-', ' ')} ") == code
    assert readable(code) is None
    assert typed_voucher("H7KM3Q") is None
    assert voucher_code(SECRET, "a reward", 2) != code


def test_a_held_reward_is_overdue_after_its_deadline_until_a_ruling(store: Store, clock: Clock) -> None:
    promised = NOON + timedelta(days=7)
    one = candidate(held_until=promised, reasons=("ring",))
    decide_sessions(store, [one, candidate()], cafes=CAFES, secret=SECRET, decided_by="assets")
    late = promised + timedelta(seconds=1)
    assert decisions.overdue(store, now=promised, simulated=True) == []
    assert decisions.overdue(store, now=late, simulated=True) == [promised]
    assert decisions.overdue(store, now=late, simulated=False) == []
    decisions.rule(store, one.session_id, release=False, issuer=issuer(SECRET), actor="anna", reason="a copy")
    assert decisions.overdue(store, now=late, simulated=True) == []
