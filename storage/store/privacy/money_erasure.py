"""Unlinks an erased session from its money, the only change allowed in the append-only decisions.

A decision, its bookings and its voucher stay, as bookkeeping law requires. Their session does not: a random pseudonym
replaces its identifier, and the device's hash is deleted. A trigger refuses any other change, and allows this one
only for a session with a tombstone (migration 0004).
"""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, delete, exists, select, update

from storage.store.schemas.core import tombstones, trial_slots
from storage.store.schemas.money import reward_decisions
from storage.store.schemas.payout import payout_claims, recipients
from storage.store.schemas.provider import bank_payouts, onboardings, recipient_devices, recipient_statuses
from storage.store.schemas.unpaid_sessions import unpaid_sessions

PSEUDONYM = "erased-"
PSEUDONYM_BYTES = 16


def unlink(connection: Connection, session_id: str) -> int:
    """Replace an erased session by a pseudonym in its decisions; return their number."""
    mine = reward_decisions.c.session_id == session_id
    marked = exists(select(tombstones.c.session_id).where(tombstones.c.session_id == session_id))
    for reward_id, device in connection.execute(
        select(reward_decisions.c.reward_id, reward_decisions.c.device).where(mine, marked)
    ).all():
        _forget_account(connection, reward_id, device=device)
    # Without a reward it takes no slot, and would take one as soon as its decision does not name the session.
    unpaid = trial_slots.c.session_id.in_(unpaid_sessions())
    connection.execute(delete(trial_slots).where(trial_slots.c.session_id == session_id, unpaid, marked))
    # Random and stored nowhere else, so that it leads to nobody.
    pseudonym = f"{PSEUDONYM}{secrets.token_hex(PSEUDONYM_BYTES)}"
    done = connection.execute(update(reward_decisions).where(mine, marked).values(session_id=pseudonym, device=None))
    return done.rowcount


def _forget_account(connection: Connection, reward_id: str, *, device: str | None) -> None:
    """Delete the account that a guest requested, unless a claim links it to bookings."""
    asked_by = connection.execute(
        select(onboardings.c.recipient_id).where(onboardings.c.reward_id == reward_id)
    ).scalar()
    connection.execute(delete(onboardings).where(onboardings.c.reward_id == reward_id))
    if device is not None:
        connection.execute(delete(recipient_devices).where(recipient_devices.c.device == device))
    if asked_by is None:
        return
    for kept in (payout_claims, onboardings, recipient_devices):
        if connection.execute(select(kept.c.recipient_id).where(kept.c.recipient_id == asked_by)).first():
            return
    for table in (recipient_statuses, bank_payouts):
        connection.execute(delete(table).where(table.c.recipient_id == asked_by))
    connection.execute(delete(recipients).where(recipients.c.id == asked_by))
