"""What events tell of money that was sent: that it arrived, came back, or failed at the bank; nothing is sent again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from payouts.rail import Order, Outcome
from payouts.reconciling import reconcile
from payouts.sending import send_batch
from payouts.stripe.events import process
from proving.stripe_fake.requests import Fault
from storage.store.ledger import bookkeeping
from storage.store.payouts import batches
from storage.store.payouts import recipient_statuses as standings
from tests.payouts import assertions as looks
from tests.payouts.stripe.hearing import hear
from tests.payouts.world import World


def test_a_failed_bank_payout_is_kept_and_nothing_is_sent_again(world: World) -> None:
    world.earn("acct_1")
    world.pay()
    world.approve_all()
    world.pay()
    books = world.rail.fake.books
    who = standings.by_account(world.store, rail=world.rail.name, account="acct_1")
    assert who is not None
    payout = books.bank_payout("acct_1", 4000)
    books.bank_payout_ends(payout["id"], status="paid")
    hear(world)
    assert looks.bank_payouts_of(world.store, who.id)[0].state == "paid"
    world.at += timedelta(days=2)
    books.bank_payout_ends(payout["id"], status="failed", failure="no_account")
    hear(world)
    kept = looks.bank_payouts_of(world.store, who.id)[0]
    assert (kept.state, kept.failure_code) == ("failed", "no_account")
    world.pay()
    assert len(world.rail.made) == 1
    assert world.broken() == []


@pytest.mark.parametrize("steps", [(1500, 2500), (1, 1, 5998), (6000,)])
def test_a_transfer_reversed_in_parts_is_booked_to_the_ore_as_it_comes_back(
    world: World, steps: tuple[int, ...]
) -> None:
    for _ in range(2):
        world.earn("acct_1")
    world.settle()
    (reference,) = world.rail.made
    left = 6000
    for step in steps:
        world.rail.reverse(reference, step)
        left -= step
        assert process(world.store, world.rail).differences == ()
        hear(world)
        balances = bookkeeping.balances(world.store, simulated=True)
        assert balances["provider_balance_test"] == -left
        assert -balances["rewards_owed"] == 6000 - left  # owed to the guest again, until a person has ruled
        assert reconcile(world.store, world.rail, actor="test").agrees
        assert world.broken() == []
    assert batches.instructions(world.store)[0].state == ("reversed" if left == 0 else "paid")
    sent = len(world.rail.made)
    world.pay()
    assert len(world.rail.made) == sent


def test_the_same_sum_that_came_back_is_booked_the_same_way_whatever_steps_were_heard_of(world: World) -> None:
    for account in ("acct_1", "acct_2"):
        for _ in range(2):
            world.earn(account)
    world.settle()
    one, two = sorted(world.rail.made)
    for step in (1000, 2500):
        world.rail.reverse(one, step)
        hear(world)
        world.rail.reverse(two, step)
    hear(world)

    def by_reward(reference: str) -> list[int]:
        with world.store.reading() as connection:
            rows = connection.execute(
                text(
                    "SELECT SUM(l.amount_ore) FROM ledger l JOIN payout_instruction_rewards r ON r.reward_id = l.reward_id "
                    "JOIN payout_instructions i ON i.id = r.instruction_id "
                    "WHERE l.debit = 'provider_balance_test' AND i.reference = :reference "
                    "GROUP BY l.reward_id ORDER BY l.reward_id"
                ),
                {"reference": reference},
            )
            return [int(row[0]) for row in rows]

    assert by_reward(one) == by_reward(two) == [3000, 500]


@pytest.mark.parametrize("fault", ["answer_lost", "error_saved_with_effect"])
def test_a_webhook_that_comes_after_a_timeout_ends_the_doubt_and_nothing_is_sent_again(
    world: World, fault: Fault
) -> None:
    world.earn("acct_1")
    world.pay()
    world.approve_all()
    world.rail.faults.append(fault)
    send_batch(world.store, world.rail, batches.batches(world.store)[0].id)
    assert batches.instructions(world.store)[0].state == "in_flight"
    hear(world)
    assert batches.instructions(world.store)[0].state == "paid"
    world.pay()
    assert (len(world.rail.made), sum(world.rail.asked.values())) == (1, 1)
    assert world.broken() == []


def test_a_webhook_that_comes_before_the_answer_books_the_transfer_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.earn("acct_1")
    world.pay()
    world.approve_all()
    sent = world.rail.send

    def heard_first(order: Order) -> Outcome:
        outcome = sent(order)
        hear(world)
        assert batches.instructions(world.store)[0].state == "paid"
        return outcome

    monkeypatch.setattr(world.rail, "send", heard_first)
    world.pay()
    assert bookkeeping.balances(world.store, simulated=True)["provider_balance_test"] == -3000
    assert reconcile(world.store, world.rail, actor="test").agrees
    assert world.broken() == []
