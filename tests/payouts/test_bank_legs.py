"""A reward's status follows the bank payout that carried its money, and no other."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from storage.store.engine import Store
from storage.store.payouts import claims, guest_payouts, recipient_statuses
from storage.store.payouts.payout_rows import payouts_of_day
from storage.store.payouts.recipient_statuses import BankPayout, BankState
from tests.payouts.world import World


class Banked(World):
    """A world in which a test sets the bank payouts of one recipient."""

    def paid(self) -> str:
        """Let the guest earn and be paid a reward; return its id."""
        reward_id = self.earn("acct_1")
        assert reward_id is not None
        for _ in range(2):
            self.pay()
            self.approve_all()
        self.pay()
        return reward_id

    def bank(self, name: str, state: BankState, *, made_at: datetime, failure: str = "") -> None:
        who = claims.recipient(self.store, rail=self.rail.name, account="acct_1", simulated=True)
        recipient_statuses.save_bank_payout(
            self.store, BankPayout(name, who.id, 3000, state, failure, None, self.at, made_at.replace(microsecond=0))
        )

    def bank_state(self, reward_id: str) -> str:
        """Return the guest's bank state, after comparing it with the table of payouts."""
        found = guest_payouts.of_reward(self.store, reward_id)
        assert found is not None
        assert found.state == "paid"
        assert found.batch_day is not None
        (row,) = payouts_of_day(self.store, found.batch_day).to_dicts()
        assert (row["bank_state"] or "") == found.bank_state
        return found.bank_state


@pytest.fixture
def world(store: Store, tmp_path: Path) -> Banked:
    return Banked(tmp_path / "store.sqlite", store=store)


def test_a_bank_payout_of_another_reward_is_not_matched(world: Banked) -> None:
    first = world.paid()
    world.at += timedelta(minutes=5)
    made = world.at
    world.bank("po_1", "in_transit", made_at=made)
    world.at += timedelta(days=1)
    second = world.paid()
    world.at += timedelta(hours=1)
    world.bank("po_1", "paid", made_at=made)
    assert (world.bank_state(first), world.bank_state(second)) == ("paid", "")
    world.bank("po_2", "pending", made_at=world.at)
    assert (world.bank_state(first), world.bank_state(second)) == ("paid", "pending")
    world.bank("po_2", "failed", made_at=world.at, failure="no_account")
    assert (world.bank_state(first), world.bank_state(second)) == ("paid", "failed")


def test_money_of_a_failed_bank_payout_goes_with_the_next_one(world: Banked) -> None:
    reward = world.paid()
    for number, state in enumerate(("failed", "canceled", "in_transit", "failed")):
        world.at += timedelta(days=1)
        world.bank(f"po_{number}", state, made_at=world.at)  # type: ignore[arg-type]
        assert world.bank_state(reward) == ("in_transit" if number >= 2 else state)


def test_a_bank_payout_of_unknown_age_is_not_matched(world: Banked) -> None:
    reward = world.paid()
    who = claims.recipient(world.store, rail=world.rail.name, account="acct_1", simulated=True)
    recipient_statuses.save_bank_payout(world.store, BankPayout("po_1", who.id, 3000, "paid", "", None, world.at, None))
    assert world.bank_state(reward) == ""
