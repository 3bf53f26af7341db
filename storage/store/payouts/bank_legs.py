"""Matches a transfer to the bank payout that carried its money: the first later one that succeeded.

The provider pays out a recipient's whole balance without naming our transfers; a bank payout made before a transfer
carries another reward's money. A transfer without a certain match has none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from storage.store.schemas.payout import payout_attempts, payout_instructions
from storage.store.schemas.provider import bank_payouts

CAME_BACK = ("failed", "canceled")

BankRow = Row[Any]


def carriers(connection: Connection, which: ColumnElement[bool]) -> dict[str, BankRow]:
    """Return the bank payout of each instruction that has one.

    Args:
        connection: A transaction.
        which: The condition on the instructions; one without an accepted attempt has no bank payout.
    """
    sent = connection.execute(
        select(payout_instructions.c.id, payout_instructions.c.recipient_id, payout_attempts.c.begun_at)
        .join(payout_attempts, payout_attempts.c.instruction_id == payout_instructions.c.id)
        .where(which, payout_attempts.c.outcome == "accepted")
    ).all()
    made: dict[str, list[BankRow]] = defaultdict(list)
    query = (
        select(bank_payouts)
        .where(bank_payouts.c.recipient_id.in_(select(payout_instructions.c.recipient_id).where(which)))
        .order_by(bank_payouts.c.made_at, bank_payouts.c.id)
    )
    for row in connection.execute(query):
        made[row.recipient_id].append(row)
    found = {each.id: _carrier(made[each.recipient_id], after=each.begun_at) for each in sent}
    return {instruction_id: row for instruction_id, row in found.items() if row is not None}


def _carrier(made: Iterable[BankRow], *, after: datetime) -> BankRow | None:
    """Return the first payout after a moment that did not fail, or else the last one."""
    whole_second = after.replace(microsecond=0)  # The provider's times are whole seconds.
    later = [each for each in made if each.made_at is not None and each.made_at >= whole_second]
    return next((each for each in later if each.state not in CAME_BACK), later[-1] if later else None)
