"""Events about sent money: it arrived, was reversed or failed at the bank; nothing is sent again."""

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
from storage.store.payouts import batches, recipient_statuses
from tests.payouts import assertions
from tests.payouts.stripe.event_delivery import deliver
from tests.payouts.world import World


def test_a_failed_bank_payout_is_saved_and_nothing_is_sent_again(world: World) -> None:
    world.earn("acct_1")
    world.pay()
    world.approve_all()
    world.pay()
    books = world.rail.fake.books
    who = recipient_statuses.by_account(world.store, rail=world.rail.name, account="acct_1")
    assert who is not None
    payout = books.bank_payout("acct_1", 4000)
    books.bank_payout_ends(payout["id"], status="paid")
    deliver(world)
    assert assertions.bank_payouts_of(world.store, who.id)[0].state == "paid"
    world.at += timedelta(days=2)
    books.bank_payout_ends(payout["id"], status="failed", failure="no_account")
    deliver(world)
    kept = assertions.bank_payouts_of(world.store, who.id)[0]
    assert (kept.state, kept.failure_code) == ("failed", "no_account")
    world.pay()
    assert len(world.rail.made) == 1
    assert world.broken() == []


@pytest.mark.parametrize("steps", [(1500, 2500), (1, 1, 5998), (6000,)])
def test_a_transfer_reversed_in_parts_is_booked_to_the_ore(world: World, steps: tuple[int, ...]) -> None:
    for _ in range(2):
        world.earn("acct_1")
    world.settle()
    (reference,) = world.rail.made
    left = 6000
    for step in steps:
        world.rail.reverse(reference, step)
        left -= step
        assert process(world.store, world.rail).differences == ()
        deliver(world)
        balances = bookkeeping.balances(world.store, simulated=True)
        assert balances["provider_balance_test"] == -left
        assert -balances["rewards_owed"] == 6000 - left  # owed to the guest again
        assert reconcile(world.store, world.rail, actor="test").agrees
        assert world.broken() == []
    assert batches.instructions(world.store)[0].state == ("reversed" if left == 0 else "paid")
    sent = len(world.rail.made)
    world.pay()
    assert len(world.rail.made) == sent


def test_a_reversed_sum_is_booked_the_same_way_whatever_the_steps(world: World) -> None:
    for account in ("acct_1", "acct_2"):
        for _ in range(2):
            world.earn(account)
    world.settle()
    one, two = sorted(world.rail.made)
    for step in (1000, 2500):
        world.rail.reverse(one, step)
        deliver(world)
        world.rail.reverse(two, step)
    deliver(world)

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
def test_a_webhook_resolves_an_unknown_outcome(world: World, fault: Fault) -> None:
    world.earn("acct_1")
    world.pay()
    world.approve_all()
    world.rail.faults.append(fault)
    send_batch(world.store, world.rail, batches.batches(world.store)[0].id)
    assert batches.instructions(world.store)[0].state == "in_flight"
    deliver(world)
    assert batches.instructions(world.store)[0].state == "paid"
    world.pay()
    assert (len(world.rail.made), sum(world.rail.asked.values())) == (1, 1)
    assert world.broken() == []


def test_a_webhook_before_the_answer_books_the_transfer_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.earn("acct_1")
    world.pay()
    world.approve_all()
    sent = world.rail.send

    def delivered_first(order: Order) -> Outcome:
        outcome = sent(order)
        deliver(world)
        assert batches.instructions(world.store)[0].state == "paid"
        return outcome

    monkeypatch.setattr(world.rail, "send", delivered_first)
    world.pay()
    assert bookkeeping.balances(world.store, simulated=True)["provider_balance_test"] == -3000
    assert reconcile(world.store, world.rail, actor="test").agrees
    assert world.broken() == []
