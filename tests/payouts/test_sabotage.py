"""Removing any guard against wrong payments, on each rail, is detected."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DatabaseError

from payouts import deciding, reconciling, sending
from payouts.rail import Order
from payouts.reconciling import reconcile
from payouts.sending import send_batch
from storage.store.ledger.auditor import audit_money
from storage.store.payouts import adoption, attempts, batches, instruction_rows, recovery
from storage.store.payouts.attempts import Attempt
from storage.store.payouts.claims import ClaimRefused
from storage.store.rewards import freezing, redemptions
from storage.store.schemas.payout import payout_attempts, payout_instruction_rewards
from tests.payouts.memory_rail import MemoryRail
from tests.payouts.stripe.by_hand_rail import ByHandRail
from tests.payouts.world import LIMITS, START, World

Patch = pytest.MonkeyPatch


@pytest.fixture(params=[MemoryRail, ByHandRail])
def world(tmp_path: Path, request: pytest.FixtureRequest) -> World:
    return World(tmp_path / "store.sqlite", rail=request.param)


def approved(world: World, *accounts: str) -> str:
    """Let guests claim, plan the day's batch and approve it; return the batch's id."""
    for account in accounts:
        world.earn(account)
    world.pay()
    world.approve_all()
    return batches.batches(world.store)[0].id


def send_all(world: World) -> None:
    for each in batches.batches(world.store):
        send_batch(world.store, world.rail, each.id)


def pay_blindly(world: World) -> None:
    """Plan and send without a reconciliation."""
    batches.plan(world.store, day=world.today, rail=world.rail.name, simulated=True, limits=LIMITS)
    send_all(world)


def faults_and_time(world: World) -> None:
    """Lose answers, retry, let the key expire, retry."""
    batch = approved(world, "acct_1", "acct_2")
    world.rail.faults.extend(["answer_lost", "answer_lost"])
    send_batch(world.store, world.rail, batch)
    send_batch(world.store, world.rail, batch)
    world.earn("acct_3")
    world.at += timedelta(days=1)
    world.pay()
    world.rail.faults.append("answer_lost")
    send_all(world)
    world.at += timedelta(hours=25)
    send_all(world)


def an_answer_lost_for_a_day(world: World) -> None:
    """Lose an answer, and send again when the provider has forgotten the key."""
    batch = approved(world, "acct_1")
    world.rail.faults.append("answer_lost")
    send_batch(world.store, world.rail, batch)
    world.at += timedelta(hours=25)
    send_batch(world.store, world.rail, batch)


def a_copy_put_back(world: World, *, recovered: bool = True) -> None:
    """Restore a backup from before a sending, a day later, and pay."""
    approved(world, "acct_1", "acct_2")
    world.backup(world.path.with_name("copy"))
    world.pay()
    world.restore(world.path.with_name("copy"), recovered=recovered)
    world.at += timedelta(hours=25)
    world.pay()


def a_copy_put_back_by_hand(world: World) -> None:
    """Put the backup's file back without a recovery, which would hold the planned payouts."""
    a_copy_put_back(world, recovered=False)


def a_transfer_of_another_amount(world: World) -> None:
    """Make the lost transfer by hand at the provider, an öre less."""
    batch = approved(world, "acct_1")
    world.rail.faults.append("never_arrives")
    send_batch(world.store, world.rail, batch)
    (instruction,) = batches.instructions(world.store)
    (attempt,) = attempts.of_instruction(world.store, instruction.id)
    asked = json.loads(attempt.parameters)
    asked["amount"] -= 1
    world.rail.send(Order(attempt.key, json.dumps(asked, sort_keys=True)))
    reconcile(world.store, world.rail, actor="test")


def a_voucher_redeemed_after_the_copy(world: World) -> None:
    """Restore a backup from before a redemption, decide anew, and show the code again."""
    copy = world.path.with_name("copy")
    first = world.earn(None)
    world.backup(copy)
    second = world.earn(None)
    for reward in (first, second):
        assert reward is not None
        world.redeem(reward)
    world.export()
    world.restore(copy)
    world.decide()
    for reward in list(world.session_of):
        world.redeem(reward)
    world.release_checked()
    for reward in list(world.session_of):
        world.redeem(reward)


def a_redemption_lost_with_the_watch(world: World) -> None:
    """Restore a backup from before a redemption that was not exported, and show the code again."""
    reward = world.earn(None)
    assert reward is not None
    world.backup(world.path.with_name("copy"))
    world.redeem(reward)
    world.restore(world.path.with_name("copy"))
    world.redeem(reward)


def a_second_account_with_the_bank_account(world: World) -> None:
    """Restore a backup from before a payment, and pay the same bank account through another account."""
    copy = world.path.with_name("copy")
    world.backup(copy)
    reward = approved(world, "acct_1")
    world.pay()
    world.restore(copy)
    world.decide()
    world.at += timedelta(days=1)
    assert reward
    for each in list(world.session_of):
        with contextlib.suppress(ClaimRefused):
            world.claim(each, "acct_2")
    pay_twice(world)


def pay_twice(world: World) -> None:
    """Pay, approve, and pay again."""
    world.pay()
    world.approve_all()
    world.pay()


def another_key_each_time(world: World, patch: Patch) -> None:
    real, numbers = world.rail.send, iter(range(1000))
    patch.setattr(world.rail, "send", lambda order: real(Order(f"{order.key}:{next(numbers)}", order.parameters)))


def unknown_is_a_failure(world: World, patch: Patch) -> None:
    patch.setattr(
        sending.attempts,
        "record_unknown",
        lambda store, key, code: attempts.record_refused(store, key, code=code, curable=True),
    )


def a_new_key_after_unknown(world: World, patch: Patch) -> None:
    real = attempts.begin_attempt

    def begin(store: object, instruction_id: str, **given: object) -> Attempt | None:
        with world.store.begin() as connection:
            connection.execute(
                text(
                    "UPDATE payout_attempts SET outcome = 'refused' WHERE outcome = 'open' AND instruction_id = :name"
                ),
                {"name": instruction_id},
            )
        return real(world.store, instruction_id, **given)  # type: ignore[arg-type]

    patch.setattr(sending.attempts, "begin_attempt", begin)


def keys_live_for_ever(world: World, patch: Patch) -> None:
    patch.setattr(Attempt, "key_expired", lambda *_: False)


def no_reconciliation_before_sending(world: World, patch: Patch) -> None:
    patch.setattr(World, "pay", pay_blindly)


def nothing_is_booked(world: World, patch: Patch) -> None:
    patch.setattr(attempts, "_book", lambda *_, **__: None)


def an_ore_more_is_asked_for(world: World, patch: Patch) -> None:
    real = world.rail.parameters
    patch.setattr(world.rail, "parameters", lambda **asked: real(**{**asked, "amount_ore": asked["amount_ore"] + 1}))


def adopted_whatever_the_amount(world: World, patch: Patch) -> None:
    real = adoption.adopt

    def adopt(store: object, *, instruction_id: str, amount_ore: int, **given: object) -> str:
        booked = {each.id: each.amount_ore for each in batches.instructions(world.store)}
        ore = booked.get(instruction_id, amount_ore)
        return real(world.store, instruction_id=instruction_id, amount_ore=ore, **given)  # type: ignore[arg-type]

    patch.setattr(reconciling.adoption, "adopt", adopt)


def rewards_have_random_identifiers(world: World, patch: Patch) -> None:
    numbers = iter(range(1000))
    patch.setattr(deciding, "reward_id", lambda *_: f"random-{next(numbers)}")
    nothing_is_frozen(world, patch)


def nothing_is_frozen(world: World, patch: Patch) -> None:
    patch.setattr(freezing, "freeze", lambda *_, **__: 0)


def no_exported_redemption_is_booked(world: World, patch: Patch) -> None:
    patch.setattr(recovery, "book", lambda *_, **__: False)
    patch.setattr(redemptions, "keep", lambda *_: [])
    nothing_is_frozen(world, patch)


HISTORIES = (
    faults_and_time, an_answer_lost_for_a_day, a_copy_put_back, a_copy_put_back_by_hand, a_transfer_of_another_amount,
    a_voucher_redeemed_after_the_copy, a_redemption_lost_with_the_watch, a_second_account_with_the_bank_account,
)  # fmt: skip
SABOTAGE: dict[Callable[[World, Patch], None], Callable[[World], None]] = {
    another_key_each_time: faults_and_time,
    unknown_is_a_failure: faults_and_time,
    a_new_key_after_unknown: faults_and_time,
    keys_live_for_ever: an_answer_lost_for_a_day,
    no_reconciliation_before_sending: a_copy_put_back_by_hand,
    nothing_is_booked: faults_and_time,
    an_ore_more_is_asked_for: faults_and_time,
    adopted_whatever_the_amount: a_transfer_of_another_amount,
    rewards_have_random_identifiers: a_second_account_with_the_bank_account,
    nothing_is_frozen: a_redemption_lost_with_the_watch,
    no_exported_redemption_is_booked: a_voucher_redeemed_after_the_copy,
}


@pytest.mark.parametrize("history", HISTORIES)
def test_no_history_breaks_a_fact_without_sabotage(world: World, history: Callable[[World], None]) -> None:
    history(world)
    assert world.broken() == []


@pytest.mark.parametrize("guard", SABOTAGE)
def test_removing_any_guard_is_detected(
    world: World, monkeypatch: Patch, guard: Callable[[World, Patch], None]
) -> None:
    guard(world, monkeypatch)
    SABOTAGE[guard](world)
    assert world.broken() != []


def open_again(world: World) -> dict[str, object]:
    """Return a second attempt at a payout of unknown outcome."""
    batch = approved(world, "acct_1")
    world.rail.faults.append("answer_lost")
    send_batch(world.store, world.rail, batch)
    (instruction,) = batches.instructions(world.store)
    (attempt,) = attempts.of_instruction(world.store, instruction.id)
    row = {name: getattr(attempt, name) for name in Attempt.__dataclass_fields__}
    return {**row, "key": "another", "number": 2}


def test_a_second_attempt_without_the_index_is_detected(world: World) -> None:
    second = open_again(world)
    with pytest.raises(DatabaseError), world.store.begin() as connection:
        connection.execute(insert(payout_attempts).values(second))
    with world.store.begin() as connection:
        connection.execute(text("DROP INDEX uq_payout_attempts_live"))
        connection.execute(insert(payout_attempts).values(second))
    world.rail.send(Order("another", str(second["parameters"])))
    assert "paid 2 times" in world.broken()
    result = reconcile(world.store, world.rail, actor="test")
    assert [each.code for each in result.differences] == ["paid_twice"]


def test_a_reward_in_two_payouts_without_the_key_is_detected(world: World) -> None:
    batch = approved(world, "acct_1")
    send_batch(world.store, world.rail, batch)
    (first,) = batches.instructions(world.store)
    with world.store.reading() as connection:
        rewards = {reward_id: ore for reward_id, _, _, ore in instruction_rows.rewards_of(connection, first.id)}
    (reward_id,) = rewards
    row = {"reward_id": reward_id, "instruction_id": first.id}
    with pytest.raises(DatabaseError), world.store.begin() as connection:
        connection.execute(insert(payout_instruction_rewards).values(row))
    with world.store.begin() as connection:
        for statement in (
            "ALTER TABLE payout_instruction_rewards RENAME TO kept",
            "CREATE TABLE payout_instruction_rewards AS SELECT * FROM kept",
            "DROP TABLE kept",
        ):
            connection.execute(text(statement))
    world.at += timedelta(days=1)
    later = batches.plan(world.store, day=world.today, rail=world.rail.name, simulated=True, limits=LIMITS)
    with world.store.begin() as connection:
        instruction_rows.add_instruction(
            connection, f"{later.id}-again", later.id, first.recipient_id, rewards, at=START
        )
    world.approve_all()
    send_batch(world.store, world.rail, later.id)
    assert "paid 2 times" in world.broken()
    assert audit_money(world.store) != []


def test_the_index_refuses_a_second_batch_of_a_day(world: World) -> None:
    approved(world, "acct_1")
    again = text(
        "INSERT INTO payout_batches (id, day, rail, simulated, approval, planned_at) "
        "SELECT id || '-again', day, rail, simulated, approval, planned_at FROM payout_batches"
    )
    with pytest.raises(DatabaseError), world.store.begin() as connection:
        connection.execute(again)


@pytest.mark.parametrize("statement", ["UPDATE ledger SET amount_ore = amount_ore + 1", "DELETE FROM ledger"])
def test_changing_a_booking_is_refused_or_else_detected(world: World, statement: str) -> None:
    send_batch(world.store, world.rail, approved(world, "acct_1"))
    with pytest.raises(DatabaseError, match="only be added to"), world.store.begin() as connection:
        connection.execute(text(statement))
    assert world.broken() == []
    with world.store.begin() as connection:
        for verb in ("update", "delete"):
            connection.execute(text(f"DROP TRIGGER ledger_no_{verb}"))
        connection.execute(text(statement))
    assert audit_money(world.store) != []
