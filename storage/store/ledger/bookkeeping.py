"""The append-only ledger: one row with two accounts, added in the transaction of its cause.

The bookings of a reward: approved (expense to owed), redeemed (owed to the café that redeemed it), undone (back),
lapsed (owed back to expense), owed again (expense to owed, when a lapsed voucher is replaced), paid out (owed to the
provider's balance, which shrinks) and paid back (a reversed transfer). Payments on a rail that moves no money (a
provider's test mode, a fake) have an account of their own: they must never reach the bookkeeper.
"""

from __future__ import annotations

from typing import Literal, get_args

from sqlalchemy import Connection, func, insert, select

from storage.store.engine import Store
from storage.store.schemas.money import ledger

Account = Literal["rewards_expense", "rewards_owed", "owed_to_cafes", "provider_balance", "provider_balance_test"]
Booking = Literal[
    "approved", "redeemed", "undone", "lapsed", "owed_again", "paid_out", "paid_back", "test_paid_out", "test_paid_back"
]

ACCOUNTS: dict[Booking, tuple[Account, Account]] = {
    "approved": ("rewards_expense", "rewards_owed"),
    "redeemed": ("rewards_owed", "owed_to_cafes"),
    "undone": ("owed_to_cafes", "rewards_owed"),
    "lapsed": ("rewards_owed", "rewards_expense"),
    "owed_again": ("rewards_expense", "rewards_owed"),
    "paid_out": ("rewards_owed", "provider_balance"),
    "paid_back": ("provider_balance", "rewards_owed"),
    "test_paid_out": ("rewards_owed", "provider_balance_test"),
    "test_paid_back": ("provider_balance_test", "rewards_owed"),
}


def book(
    connection: Connection, booking: Booking, *, store: Store, reward_id: str, cafe: str, simulated: bool, ore: int
) -> None:
    """Add an entry; its number is unique in its reward, so that no step is booked twice."""
    number = connection.execute(select(func.count()).where(ledger.c.reward_id == reward_id)).scalar_one()
    debit, credit = ACCOUNTS[booking]
    connection.execute(
        insert(ledger).values(
            entry=f"{reward_id}:{number + 1}",
            reward_id=reward_id,
            cafe=cafe,
            simulated=simulated,
            debit=debit,
            credit=credit,
            amount_ore=ore,
            booked_at=store.now(),
        )
    )


def balances(store: Store, *, simulated: bool) -> dict[Account, int]:
    """Return each account's balance in öre, debits less credits; they sum to 0."""
    found: dict[Account, int] = dict.fromkeys(get_args(Account), 0)
    query = (
        select(ledger.c.debit, ledger.c.credit, func.sum(ledger.c.amount_ore))
        .where(ledger.c.simulated == simulated)
        .group_by(ledger.c.debit, ledger.c.credit)
    )
    with store.reading() as connection:
        for debit, credit, ore in connection.execute(query):
            found[debit] += int(ore)
            found[credit] -= int(ore)
    return found
