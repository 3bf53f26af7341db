"""Held and declined rewards use up neither the café's trial nor its daily budget; a released one does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from payouts.deciding import BUDGET_FACTOR, issuer
from pilot.cafes import Cafe
from storage.store.cafes import closed_doors, trial_slots
from storage.store.engine import Store
from storage.store.privacy import money_erasure, tombstones
from storage.store.rewards import decisions
from storage.store.rewards.reward_cases import Candidate
from tests.payouts.test_deciding import AURORA, NOON, SECRET, candidate, decide

SMALL = AURORA.model_copy(update={"trial_limit": 3})
SIGNALS = ("inhuman_speed", "network_often", "device_chain", "code_hopping", "burst", "copied_nearly", "ring")


@pytest.fixture(autouse=True)
def _at_noon(store: Store) -> None:
    store.now = lambda: NOON


def sent(store: Store, cafe: Cafe = SMALL, **changes: object) -> Candidate:
    """A real session that was sent and took a slot."""
    one = candidate(simulated=False, **changes)
    trial_slots.use(store, session_id=one.session_id, cafe=cafe)
    return one


def held(store: Store, signal: str = "inhuman_speed") -> Candidate:
    return sent(store, held_until=NOON + timedelta(days=7), reasons=(signal,))


def rule(store: Store, one: Candidate, *, release: bool) -> None:
    decisions.rule(store, one.session_id, release=release, issuer=issuer(SECRET), actor="anna", reason="read it")


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_held_session_uses_no_slot_of_the_trial(store: Store, signal: str) -> None:
    script = [held(store, signal) for _ in range(3)]
    assert trial_slots.usage(store, SMALL).full
    decide(store, *script)
    assert (trial_slots.usage(store, SMALL).used, trial_slots.usage(store, SMALL).unrewarded) == (0, 0)
    guest = sent(store)
    (made,) = decide(store, guest)
    assert made.outcome == "eligible"
    assert trial_slots.usage(store, SMALL).used == 1
    assert closed_doors.trial_used(store, SMALL, before=NOON + timedelta(days=1)) == 1


WORTHLESS = {"score": 20, "counted_score": 20}
DECLINED = {
    "worthless": WORTHLESS,
    "worthless and too fast": {**WORTHLESS, "held_until": NOON + timedelta(days=7), "reasons": ("inhuman_speed",)},
    "capped": {"counted_score": 45, "reasons": ("copied_exactly",)},
    "not trusted": {"clear": False},
    "no consent": {"consent": False},
}


@pytest.mark.parametrize("changes", DECLINED.values(), ids=DECLINED)
def test_declined_sessions_never_use_up_the_trial(store: Store, changes: dict[str, object]) -> None:
    for _ in range(4):
        script = [sent(store, **changes) for _ in range(2)]
        assert {each.outcome for each in decide(store, *script)} == {"declined"}
    use = trial_slots.usage(store, SMALL)
    assert (use.used, use.unrewarded, use.full) == (0, 0, False)
    assert closed_doors.trial_full(store, SMALL, start=NOON, end=NOON + timedelta(hours=1)) == []
    assert [each.outcome for each in decide(store, *(sent(store) for _ in range(3)))] == ["eligible"] * 3
    assert trial_slots.usage(store, SMALL).full


def test_a_session_beyond_the_trial_stays_unrewarded(store: Store) -> None:
    decide(store, *(sent(store) for _ in range(3)))
    (late,) = decide(store, sent(store))
    assert (late.outcome, late.reason) == ("declined", "beyond_trial")
    use = trial_slots.usage(store, SMALL)
    assert (use.used, use.unrewarded) == (3, 1)


def test_an_erased_reward_keeps_its_slot_and_an_erased_declined_answer_has_none(store: Store) -> None:
    paid, worthless = sent(store), sent(store, **WORTHLESS)
    decide(store, paid, worthless)
    for each in (paid, worthless):
        tombstones.add(store, session_id=each.session_id, actor="guest", reason="asked on the receipt page")
        with store.begin() as connection:
            money_erasure.unlink(connection, each.session_id)
    assert trial_slots.usage(store, SMALL).used == 1


@pytest.mark.parametrize(("release", "used"), [(True, 1), (False, 0)])
def test_a_ruling_decides_whether_the_slot_is_used(store: Store, release: bool, used: int) -> None:
    one = held(store)
    decide(store, one)
    rule(store, one, release=release)
    assert trial_slots.usage(store, SMALL).used == used


def test_erasing_a_held_session_does_not_use_its_slot(store: Store) -> None:
    script, guest = held(store), sent(store)
    decide(store, script, guest)
    for each in (script, guest):
        tombstones.add(store, session_id=each.session_id, actor="guest", reason="asked on the receipt page")
        with store.begin() as connection:
            money_erasure.unlink(connection, each.session_id)
    assert trial_slots.usage(store, SMALL).used == 1


def test_held_rewards_leave_the_daily_budget_to_the_guests(store: Store) -> None:
    budget = BUDGET_FACTOR * AURORA.expected_feedbacks_per_day.high
    until = NOON + timedelta(days=7)
    decide(store, *(candidate(held_until=until, reasons=("inhuman_speed",)) for _ in range(budget)))
    (made,) = decide(store, candidate())
    assert made.outcome == "eligible"
