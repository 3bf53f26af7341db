"""Holds planned payouts to recipients who share a bank account, for a person's review.

It may be one guest who was not remembered, or one who evades the yearly cap. A payout that a person has released is
not held again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import select

from storage.store.engine import Store
from storage.store.payouts import batches
from storage.store.payouts.payout_codes import SHARED_BANK
from storage.store.schemas.core import audit_log
from storage.store.schemas.payout import payout_batches, payout_instructions, recipients
from storage.store.schemas.provider import recipient_statuses


def fingerprints(store: Store, *, rail: str) -> dict[str, str | None]:
    """Return the fingerprint of each recipient's bank account by account; None without a saved one.

    Args:
        store: The store.
        rail: The rail; fingerprints of bank accounts are comparable only within one.
    """
    query = (
        select(recipients.c.account, recipient_statuses.c.bank_fingerprint)
        .outerjoin(recipient_statuses, recipient_statuses.c.recipient_id == recipients.c.id)
        .where(recipients.c.rail == rail)
    )
    with store.reading() as connection:
        return {row.account: row.bank_fingerprint for row in connection.execute(query)}


def hold_shared(store: Store, *, rail: str, banks: Mapping[str, str | None], actor: str) -> int:
    """Hold these payouts; return the number of newly held ones.

    Args:
        store: The store.
        rail: The rail.
        banks: The fingerprint of each account's bank account; None if it is unknown.
        actor: Who sends the payouts.
    """
    released = select(audit_log.c.subject).where(audit_log.c.action == "payout.release")
    query = (
        select(payout_instructions.c.id, recipients.c.account)
        .join(payout_batches, payout_batches.c.id == payout_instructions.c.batch_id)
        .join(recipients, recipients.c.id == payout_instructions.c.recipient_id)
        .where(
            payout_batches.c.rail == rail,
            payout_instructions.c.state == "planned",
            payout_instructions.c.id.not_in(released),
        )
    )
    kinds = select(recipients.c.account, recipients.c.simulated).where(recipients.c.rail == rail)
    with store.reading() as connection:
        simulated: dict[str, bool] = {row.account: row.simulated for row in connection.execute(kinds)}
        planned = connection.execute(query.order_by(payout_instructions.c.id)).all()
    # An account unknown to the store, of a transfer that the books do not explain, counts on both sides.
    sides = {each: (simulated[each],) if each in simulated else (True, False) for each in banks}
    counted: Counter[tuple[str | None, bool]] = Counter(
        (bank, side) for each, bank in banks.items() if bank is not None for side in sides[each]
    )
    found = [row.id for row in planned if counted[banks.get(row.account), simulated[row.account]] > 1]
    for each in found:
        batches.hold(store, each, held=True, actor=actor, reason=SHARED_BANK, code=SHARED_BANK)
    return len(found)
