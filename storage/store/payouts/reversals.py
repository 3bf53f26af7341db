"""Books reversals of transfers to the öre, whole or in parts.

A reversal is made at the provider or on its pages by a person; the books follow. A partial sum is booked to the
payout's rewards in the order of their ids, so that the bookings depend on the sum only, not on its steps.
"""

from __future__ import annotations

from sqlalchemy import func, insert, select

from storage.store import audit
from storage.store.engine import Store
from storage.store.ledger import bookkeeping
from storage.store.payouts.attempts import moves_money
from storage.store.payouts.instruction_rows import lock_instruction, rewards_of, set_state
from storage.store.payouts.payout_codes import REVERSED
from storage.store.schemas.provider import payout_reversals


def book_reversal(store: Store, instruction_id: str, *, reversed_ore: int, actor: str) -> None:
    """Book the reversed sum of a payout; a sum not above the booked one changes nothing.

    Args:
        store: The store.
        instruction_id: The payout.
        reversed_ore: The whole reversed sum at the provider.
        actor: Who reconciles.
    """
    with store.begin() as connection:
        found = lock_instruction(connection, instruction_id)
        query = select(func.max(payout_reversals.c.reversed_ore)).where(
            payout_reversals.c.instruction_id == instruction_id
        )
        known = connection.execute(query).scalar() or 0
        now = min(reversed_ore, found.amount_ore)
        if found.state != "paid" or now <= known:
            return
        at = store.now()
        connection.execute(insert(payout_reversals).values(instruction_id=instruction_id, reversed_ore=now, at=at))
        booking: bookkeeping.Booking = "paid_back" if moves_money(connection, found) else "test_paid_back"
        before = 0
        for reward_id, cafe, simulated, ore in rewards_of(connection, instruction_id):
            back = _part(now, before, ore) - _part(known, before, ore)
            before += ore
            if back:
                bookkeeping.book(
                    connection, booking, store=store, reward_id=reward_id, cafe=cafe, simulated=simulated, ore=back
                )
        if now == found.amount_ore:
            set_state(connection, instruction_id, "reversed", code=REVERSED, at=at)
        audit.record(
            connection, actor=actor, action="payout.reversed", subject=instruction_id,
            details={"ore": now - known, "in_all_ore": now, "of_ore": found.amount_ore}, at=at,
        )  # fmt: skip


def reversed_ore(store: Store) -> dict[str, int]:
    """Return the reversed sum of each payout with a reversal."""
    query = select(payout_reversals.c.instruction_id, func.max(payout_reversals.c.reversed_ore))
    with store.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query.group_by(payout_reversals.c.instruction_id))}


def _part(whole: int, before: int, ore: int) -> int:
    """Return the part of a sum that falls on a reward of `ore` after `before`."""
    return min(ore, max(0, whole - before))
