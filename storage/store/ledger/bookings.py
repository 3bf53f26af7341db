"""The ledger's rows for the bookkeeper, with batch, payout and the provider's reference."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from pilot.business_days import day_bounds
from storage.store.engine import Store
from storage.store.ledger.bookkeeping import Account
from storage.store.schemas.money import ledger
from storage.store.schemas.payout import payout_instruction_rewards, payout_instructions

TEST_ACCOUNT = "provider_balance_test"
PROVIDER_ACCOUNTS = frozenset({"provider_balance", TEST_ACCOUNT})


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One row of the ledger; batch, payout and reference are empty without a provider."""

    number: int
    booked_at: datetime
    reward_id: str
    cafe: str
    debit: Account
    credit: Account
    amount_ore: int
    batch: str
    payout: str
    reference: str


def between(store: Store, *, first: date, last: date) -> list[LedgerRow]:
    """Return the bookings of business days, both included, without test clients and test rails."""
    start, end = day_bounds(first)[0], day_bounds(last)[1]
    joined = ledger.outerjoin(
        payout_instruction_rewards, payout_instruction_rewards.c.reward_id == ledger.c.reward_id
    ).outerjoin(payout_instructions, payout_instructions.c.id == payout_instruction_rewards.c.instruction_id)
    query = (
        select(
            ledger.c.id,
            ledger.c.booked_at,
            ledger.c.reward_id,
            ledger.c.cafe,
            ledger.c.debit,
            ledger.c.credit,
            ledger.c.amount_ore,
            payout_instructions.c.batch_id,
            payout_instructions.c.id.label("payout"),
            payout_instructions.c.reference,
        )
        .select_from(joined)
        .where(
            ledger.c.booked_at >= start,
            ledger.c.booked_at < end,
            ledger.c.simulated.is_(False),
            ledger.c.debit != TEST_ACCOUNT,
            ledger.c.credit != TEST_ACCOUNT,
        )
        .order_by(ledger.c.id)
    )
    with store.reading() as connection:
        rows = connection.execute(query).all()
    return [_booked(row) for row in rows]


def _booked(row: Any) -> LedgerRow:
    of_provider = bool(PROVIDER_ACCOUNTS & {row.debit, row.credit})
    batch, payout, reference = (row.batch_id, row.payout, row.reference) if of_provider else ("", "", "")
    fields = (row.id, row.booked_at, row.reward_id, row.cafe, row.debit, row.credit, row.amount_ore)
    return LedgerRow(*fields, batch or "", payout or "", reference or "")
