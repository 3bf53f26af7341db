"""Queries of the store that only tests need."""

from __future__ import annotations

import re
from collections import Counter

from sqlalchemy import func, select

from storage.store.engine import Store
from storage.store.payouts import recipient_statuses
from storage.store.payouts.recipient_statuses import BankPayout
from storage.store.schemas.core import metadata
from storage.store.schemas.payout import payout_batches, payout_claims, payout_instructions
from storage.store.schemas.provider import bank_payouts, provider_events, reconciliations


def claims_in_all(store: Store) -> int:
    """Return the number of claimed rewards."""
    with store.reading() as connection:
        return connection.execute(select(func.count()).select_from(payout_claims)).scalar_one()


def ended(store: Store) -> dict[str, tuple[int, int]]:
    """Return the numbers of paid and failed payouts by rail; open ones count as neither."""
    query = select(payout_batches.c.rail, payout_instructions.c.state).join(
        payout_instructions, payout_instructions.c.batch_id == payout_batches.c.id
    )
    with store.reading() as connection:
        states = Counter((row.rail, row.state) for row in connection.execute(query))
    found = {
        rail: (states[rail, "paid"], states[rail, "refused"] + states[rail, "reversed"])
        for rail in {rail for rail, _ in states}
    }
    return {rail: counts for rail, counts in found.items() if any(counts)}


def bank_payouts_of(store: Store, recipient_id: str) -> list[BankPayout]:
    """Return a recipient's bank payouts, newest first."""
    query = select(bank_payouts).where(bank_payouts.c.recipient_id == recipient_id)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(bank_payouts.c.changed_at.desc(), bank_payouts.c.id)).all()
    return [BankPayout(*row) for row in rows]


def same_bank(store: Store, recipient_id: str) -> frozenset[str]:
    """Return the other recipients with the same bank account."""
    with store.reading() as connection:
        return recipient_statuses.sharing_bank(connection, recipient_id)


def event(store: Store, event_id: str) -> tuple[str, str] | None:
    """Return an event's state and code, None if it is not saved."""
    query = select(provider_events.c.state, provider_events.c.code).where(provider_events.c.id == event_id)
    with store.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else (row.state, row.code)


CODE = re.compile(r"[a-z0-9_.:,-]*")
CODE_COLUMNS = frozenset(
    {
        *("approval", "code", "disabled_reason", "failure_code", "kind", "outcome", "rail", "reason", "state"),
        *("transfers", "way", "why"),
    }
)
# Tables with reasons in a person's own words.
BY_PERSONS = frozenset({"audit_log", "cafe_states", "reward_rulings", "switches"})


def sentences(store: Store) -> list[str]:
    """Return every text in a column of codes that is not a code, as `table.column: text`."""
    found = []
    with store.reading() as connection:
        for table in metadata.sorted_tables:
            names = [name for name in CODE_COLUMNS & set(table.c.keys()) if table.name not in BY_PERSONS]
            for name in names:
                texts = connection.execute(select(table.c[name]).distinct()).scalars()
                found += [f"{table.name}.{name}: {text}" for text in texts if not CODE.fullmatch(text or "")]
        differences = connection.execute(select(reconciliations.c.differences)).scalars()
        codes = {each["code"] for one in differences for each in one}
    return found + [f"reconciliations.differences: {code}" for code in sorted(codes) if not CODE.fullmatch(code)]
