"""Payouts step by step: approval, caps, faults, concurrent workers, a restored store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from payouts.payout_status import payout_status
from payouts.rail import Accepted, Order, Unknown
from payouts.reconciling import pay_one, reconcile, send_day
from payouts.sending import send_batch
from storage.store import audit
from storage.store.cafes import switches
from storage.store.engine import Store
from storage.store.ledger import bookkeeping
from storage.store.payouts import attempts, batches, guest_payouts, instruction_rows
from storage.store.payouts.attempts import KEY_LIFETIME, Attempt
from storage.store.payouts.claims import ClaimRefused
from storage.store.payouts.instruction_rows import BatchRefused
from storage.store.payouts.payout_codes import SHARED_BANK
from storage.store.rewards import vouchers
from storage.store.schemas.payout import payout_attempts, payout_claims, payout_instruction_rewards
from tests.payouts import assertions
from tests.payouts.memory_rail import MemoryRail
from tests.payouts.stripe.by_hand_rail import ByHandRail
from tests.payouts.world import LIMITS, START, World
from tests.postgresql import Cluster


@pytest.fixture(params=[MemoryRail, ByHandRail])
def world(store: Store, cluster: Cluster | None, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """A world on each engine and each rail."""
    opened = World(tmp_path / "store.sqlite", store=store, rail=request.param, cluster=cluster)
    yield opened
    opened.store.close()


def states(world: World) -> list[str]:
    return [each.state for each in batches.instructions(world.store)]


def approved(world: World, *accounts: str) -> str:
    """Let guests claim, plan the day's batch and approve it; return the batch's id."""
    for account in accounts:
        world.earn(account)
    world.pay()
    world.approve_all()
    return batches.batches(world.store)[0].id


def test_a_days_claims_are_one_payout_for_each_recipient(world: World) -> None:
    for account in ("acct_1", "acct_1", "acct_2"):
        world.earn(account)
    world.pay()
    world.pay()
    (batch,) = batches.batches(world.store)
    assert batch.approval == "waiting"
    assert states(world) == ["planned", "planned"]
    assert world.rail.made == {}
    batches.approve(world.store, batch.id, actor="anna", reason="first use")
    done = world.pay()
    assert states(world) == ["paid", "paid"]
    assert sorted(each.amount_ore for each in world.rail.made.values()) == [3000, 6000]
    assert done.agrees
    assert done.ours_ore == {batch.id: 9000}
    assert bookkeeping.balances(world.store, simulated=True)["provider_balance_test"] == -9000
    assert world.broken() == []
    entry = next(each for each in audit.recent(world.store, 50) if each.action == "batch.approve")
    assert (entry.actor, entry.subject, entry.reason) == ("anna", batch.id, "first use")


def test_claims_after_the_plan_wait_for_the_next_days_batch(world: World) -> None:
    approved(world, "acct_1")
    world.earn("acct_1")
    world.pay()
    assert len(states(world)) == 1
    world.at += timedelta(days=1)
    world.pay()
    assert [each.approval for each in batches.batches(world.store)] == ["not_needed", "given"]
    assert states(world) == ["paid", "paid"]


def test_no_recipient_is_paid_more_than_the_yearly_cap(world: World) -> None:
    for _ in range(34):
        world.at += timedelta(minutes=1)
        world.earn("acct_1")
    approved(world)
    assert [each.amount_ore for each in batches.instructions(world.store)] == [99_000]
    world.at += timedelta(days=40)
    world.earn("acct_1")
    approved(world)
    assert sum(each.amount_ore for each in batches.instructions(world.store)) == 99_000 + 2 * 3000
    assert world.broken() == []


def test_a_reward_is_redeemed_or_claimed_but_never_both(world: World) -> None:
    reward = world.earn(None)
    voucher = vouchers.of_reward(world.store, reward)
    vouchers.redeem(world.store, voucher.code_hash, cafe=voucher.cafe, actor="till", request="1")
    with pytest.raises(ClaimRefused, match="no voucher to give back"):
        world.claim(reward, "acct_1")
    other = world.earn("acct_1")
    world.claim(other, "acct_1")
    with pytest.raises(ClaimRefused):
        world.claim(other, "acct_2")
    gone = vouchers.of_reward(world.store, other)
    assert vouchers.redeem(world.store, gone.code_hash, cafe=gone.cafe, actor="till", request="2").answer == "cancelled"
    assert world.broken() == []


@pytest.mark.parametrize(
    ("fault", "after_one", "keys"),
    [
        ("never_arrives", "in_flight", 1),
        ("answer_lost", "in_flight", 1),
        ("error_saved_with_effect", "in_flight", 1),
        ("key_in_use", "in_flight", 1),
        ("too_many", "in_flight", 1),
        ("lock_timeout", "in_flight", 1),
    ],
)
def test_after_a_fault_the_same_key_pays_once(world: World, fault: str, after_one: str, keys: int) -> None:
    batch = approved(world, "acct_1")
    world.rail.faults.append(fault)
    send_batch(world.store, world.rail, batch)
    assert states(world) == [after_one]
    assert assertions.ended(world.store) == {}
    world.pay()
    assert states(world) == ["paid"]
    assert len(world.rail.made) == 1
    assert len(world.rail.asked) == keys
    assert world.broken() == []


def test_a_saved_error_is_resolved_after_the_key_expired(world: World) -> None:
    batch = approved(world, "acct_1")
    world.rail.faults.append("error_saved_without_effect")
    for _ in range(3):
        send_batch(world.store, world.rail, batch)
    assert states(world) == ["in_flight"]
    (instruction,) = batches.instructions(world.store)
    # No new key while the transfer may exist, not even by hand.
    pay_one(world.store, world.rail, instruction.id, retry_refused=True, actor="anna")
    assert len(attempts.of_instruction(world.store, instruction.id)) == 1
    world.at += KEY_LIFETIME
    world.pay()
    assert states(world) == ["needs_review"]
    assert world.rail.made == {}
    done = pay_one(world.store, world.rail, instruction.id, retry_refused=True, actor="anna")
    assert not isinstance(done, Unknown)
    assert done.state == "paid"
    assert [each.outcome for each in attempts.of_instruction(world.store, instruction.id)] == ["absent", "accepted"]
    assert world.broken() == []


def test_missing_funds_are_retried_and_a_missing_capability_is_not(
    world: World,
) -> None:
    batch = approved(world, "acct_1", "acct_2")
    world.rail.funds_ore = 0
    world.rail.unable.add("acct_2")
    send_batch(world.store, world.rail, batch)
    assert sorted(states(world)) == ["planned", "refused"]
    world.rail.funds_ore = 10_000
    world.rail.unable.clear()
    world.pay()
    assert sorted(states(world)) == ["paid", "refused"]
    assert assertions.ended(world.store) == {world.rail.name: (1, 1)}
    refused = next(each for each in batches.instructions(world.store) if each.state == "refused")
    assert refused.code == "insufficient_capabilities_for_transfer"
    pay_one(world.store, world.rail, refused.id, retry_refused=True, actor="anna")
    assert states(world) == ["paid", "paid"]
    assert assertions.ended(world.store) == {world.rail.name: (2, 0)}
    assert world.broken() == []


def test_held_and_stopped_payouts_are_not_sent(world: World) -> None:
    batch = approved(world, "acct_1", "acct_2")
    first, second = batches.instructions(world.store)
    batches.hold(world.store, first.id, held=True, actor="anna", reason="asked")
    switches.turn(world.store, "rewards_stopped", on=True, actor="anna", reason="asked")
    send_batch(world.store, world.rail, batch)
    assert states(world) == ["held", "planned"]
    switches.turn(world.store, "rewards_stopped", on=False, actor="anna", reason="asked")
    send_batch(world.store, world.rail, batch)
    assert states(world) == ["held", "paid"]
    with pytest.raises(BatchRefused, match="paid"):
        batches.hold(world.store, second.id, held=True, actor="anna", reason="late")
    batches.hold(world.store, first.id, held=False, actor="anna", reason="fine")
    send_batch(world.store, world.rail, batch)
    assert states(world) == ["paid", "paid"]


def at_once(*jobs: Callable[[], object]) -> None:
    """Run jobs in threads that begin together; fail if one of them does."""
    start = threading.Barrier(len(jobs))
    failures: list[BaseException] = []

    def work(job: Callable[[], object]) -> None:
        try:
            start.wait(10)
            job()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []


def test_two_workers_and_a_manual_trigger_pay_each_once(world: World) -> None:
    batch = approved(world, *(f"acct_{n}" for n in range(6)))
    world.rail.faults.extend(["answer_lost", "never_arrives", "too_many"])
    names = [each.id for each in batches.instructions(world.store)]
    at_once(
        *[lambda: send_batch(world.store, world.rail, batch)] * 2,
        lambda: [pay_one(world.store, world.rail, name, retry_refused=True, actor="anna") for name in names],
    )
    world.pay()
    assert set(states(world)) == {"paid"}
    assert len(world.rail.made) == 6
    assert world.broken() == []


def test_concurrent_planners_create_one_batch(world: World) -> None:
    for account in ("acct_1", "acct_1", "acct_2"):
        world.earn(account)

    def plan() -> None:
        batches.plan(world.store, day=world.today, rail=world.rail.name, simulated=True, limits=LIMITS)

    at_once(*[plan] * 4)
    assert len(batches.batches(world.store)) == 1
    assert sorted(each.amount_ore for each in batches.instructions(world.store)) == [3000, 6000]
    assert world.broken() == []


def test_unapproved_or_stopped_payouts_are_not_sent_by_hand(world: World) -> None:
    world.earn("acct_1")
    world.pay()
    (one,) = batches.instructions(world.store)
    pay_one(world.store, world.rail, one.id, retry_refused=True, actor="anna")
    assert (states(world), world.rail.made) == (["planned"], {})
    world.approve_all()
    switches.turn(world.store, "rewards_stopped", on=True, actor="anna", reason="a burst")
    pay_one(world.store, world.rail, one.id, retry_refused=True, actor="anna")
    assert (states(world), world.rail.made) == (["planned"], {})
    switches.turn(world.store, "rewards_stopped", on=False, actor="anna", reason="over")
    for _ in range(2):
        pay_one(world.store, world.rail, one.id, retry_refused=True, actor="anna")
    assert (states(world), len(world.rail.made)) == (["paid"], 1)


def test_a_retry_sends_the_committed_bytes_after_an_upgrade(world: World) -> None:
    batch = approved(world, "acct_1")
    world.rail.faults.append("never_arrives")
    send_batch(world.store, world.rail, batch)
    world.release += 1
    send_batch(world.store, world.rail, batch)
    (instruction,) = batches.instructions(world.store)
    (attempt,) = attempts.of_instruction(world.store, instruction.id)
    assert (instruction.state, attempt.outcome, "release" in attempt.parameters) == ("paid", "accepted", False)
    assert world.rail.asked[attempt.key] == 2


def test_an_expired_key_is_resolved_and_never_sent_again(world: World) -> None:
    batch = approved(world, "acct_1")
    world.rail.faults.append("answer_lost")
    send_batch(world.store, world.rail, batch)
    world.at += timedelta(hours=25)  # The provider has forgotten the key: another request would pay again.
    send_batch(world.store, world.rail, batch)
    assert (states(world), len(world.rail.made), sum(world.rail.asked.values())) == (["paid"], 1, 1)
    assert world.broken() == []


def test_full_and_partial_reversals_are_booked_to_the_ore(world: World) -> None:
    approved(world, "acct_1", "acct_2")
    world.pay()
    whole, part = world.rail.made
    world.rail.reverse(whole, 3000)
    world.rail.reverse(part, 1)
    done = reconcile(world.store, world.rail, actor="test")
    assert done.differences == ()
    assert sorted(states(world)) == ["paid", "reversed"]
    assert done.agrees
    assert sum(done.ours_ore.values()) == 2999
    assert world.broken() == []


def test_a_restored_store_adopts_transfers_and_pays_nothing_twice(world: World, tmp_path: Path) -> None:
    approved(world, "acct_1")
    world.pay()
    unclaimed = world.earn(None)
    world.backup(tmp_path / "copy")
    world.claim(unclaimed, "acct_1")
    world.earn("acct_2")  # decided after the copy: its reward is unknown to it
    world.at += timedelta(days=1)
    world.pay()
    world.approve_all()
    world.pay()
    assert len(world.rail.made) == 3
    world.restore(tmp_path / "copy")
    world.earn("acct_2")
    world.earn("acct_3")
    done = world.settle()
    assert {each.code for each in done.differences} == {"unknown_reward"}
    to_first = [each for each in world.rail.made.values() if each.account == "acct_1"]
    assert len(to_first) == 2
    # A recipient with an unexplained transfer gets nothing until a person has explained it.
    assert len([each for each in world.rail.made.values() if each.account == "acct_2"]) == 1
    assert [each.state for each in batches.instructions(world.store) if each.account == "acct_2"] == ["held"]
    assert len([each for each in world.rail.made.values() if each.account == "acct_3"]) == 1
    assert world.broken() == []


def test_each_reason_to_hold_a_payout_reaches_the_guests_receipt(world: World) -> None:
    rewards = [world.earn(account) for account in ("acct_1", "acct_2", "acct_3")]
    batch = approved(world)
    by_account = {each.account: each for each in batches.instructions(world.store, batch)}
    stray = world.rail.parameters(
        instruction_id="made-by-hand", batch_id="none", account="acct_1", amount_ore=100, reward_ids=()
    )
    assert isinstance(world.rail.send(Order("by hand", stray)), Accepted)
    batches.hold(world.store, by_account["acct_2"].id, held=True, actor="anna", reason="asked")
    batches.hold(world.store, by_account["acct_3"].id, held=True, actor="watch", reason="seen", code=SHARED_BANK)
    send_day(world.store, world.rail, simulated=True, actor="watch")
    assert [by.state for by in batches.instructions(world.store)] == ["held"] * 3
    found = [guest_payouts.of_reward(world.store, str(each)) for each in rewards]
    assert [payout_status(each) for each in found if each is not None] == ["unexplained", "held", "same_bank"]


def test_the_database_itself_refuses_a_second_live_attempt_claim_or_place(world: World) -> None:
    batch = approved(world, "acct_1")
    world.rail.faults.append("answer_lost")
    send_batch(world.store, world.rail, batch)
    (instruction,) = batches.instructions(world.store)
    (attempt,) = attempts.of_instruction(world.store, instruction.id)
    row = {name: getattr(attempt, name) for name in Attempt.__dataclass_fields__}
    with world.store.reading() as connection:
        (reward, *_), *_ = instruction_rows.rewards_of(connection, instruction.id)
    for table, values in (
        (payout_attempts, {**row, "key": "another", "number": 2}),
        (payout_instruction_rewards, {"reward_id": reward, "instruction_id": instruction.id}),
        (
            payout_claims,
            {
                "reward_id": reward,
                "recipient_id": instruction.recipient_id,
                "rail": world.rail.name,
                "cafe": "aurora",
                "simulated": True,
                "amount_ore": 1,
                "claimed_at": START,
            },
        ),
    ):
        with pytest.raises(IntegrityError), world.store.begin() as connection:
            connection.execute(insert(table).values(values))
