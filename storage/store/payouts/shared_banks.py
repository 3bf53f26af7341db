"""Holds planned payouts to recipients who share a bank account, for a person's review.

It may be one guest who was not remembered, or one who evades the yearly cap. A payout that a person has released is
not held again.
"""

from __future__ import annotations

from sqlalchemy import func, select

from storage.store.engine import Store
from storage.store.payouts import batches
from storage.store.payouts.payout_codes import SHARED_BANK
from storage.store.schemas.core import audit_log
from storage.store.schemas.payout import payout_batches, payout_instructions, recipients
from storage.store.schemas.provider import recipient_statuses


def hold_shared(store: Store, *, rail: str, actor: str) -> int:
    """Hold these payouts; return the number of newly held ones.

    Args:
        store: The store.
        rail: The rail; fingerprints of bank accounts are comparable only within one.
        actor: Who sends the payouts.
    """
    shared = (
        select(recipient_statuses.c.bank_fingerprint)
        .join(recipients, recipients.c.id == recipient_statuses.c.recipient_id)
        .where(recipients.c.rail == rail, recipient_statuses.c.bank_fingerprint.is_not(None))
        .group_by(recipient_statuses.c.bank_fingerprint, recipients.c.simulated)
        .having(func.count() > 1)
    )
    released = select(audit_log.c.subject).where(audit_log.c.action == "payout.release")
    query = (
        select(payout_instructions.c.id)
        .join(payout_batches, payout_batches.c.id == payout_instructions.c.batch_id)
        .join(recipient_statuses, recipient_statuses.c.recipient_id == payout_instructions.c.recipient_id)
        .where(
            payout_batches.c.rail == rail,
            payout_instructions.c.state == "planned",
            recipient_statuses.c.bank_fingerprint.in_(shared),
            payout_instructions.c.id.not_in(released),
        )
    )
    with store.reading() as connection:
        found = sorted(connection.execute(query).scalars())
    for each in found:
        batches.hold(store, each, held=True, actor=actor, reason=SHARED_BANK, code=SHARED_BANK)
    return len(found)
