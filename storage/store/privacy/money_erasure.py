"""Unlinks an erased session from its money: the only change that the append-only decisions allow.

A decision, its bookings and its voucher stay, as the law on bookkeeping asks. Which session they were for does not:
its identifier gives way to a random one, and the device's hash goes. The database itself lets nothing else through,
and this only for a session that has a tombstone (migration 0004).
"""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, delete, exists, select, update

from storage.store.schemas.core import tombstones
from storage.store.schemas.money import reward_decisions
from storage.store.schemas.payout import payout_claims, recipients
from storage.store.schemas.provider import bank_payouts, onboardings, recipient_devices, recipient_statuses

PSEUDONYM = "erased-"
PSEUDONYM_BYTES = 16


def unlink(connection: Connection, session_id: str) -> int:
    """Put a pseudonym in the place of an erased session in its decisions; return how many there were."""
    mine = reward_decisions.c.session_id == session_id
    marked = exists(select(tombstones.c.session_id).where(tombstones.c.session_id == session_id))
    for reward_id, device in connection.execute(
        select(reward_decisions.c.reward_id, reward_decisions.c.device).where(mine, marked)
    ).all():
        _forget_account(connection, reward_id, device=device)
    # Drawn at random and kept nowhere else: nobody can tell whose it was.
    pseudonym = f"{PSEUDONYM}{secrets.token_hex(PSEUDONYM_BYTES)}"
    done = connection.execute(update(reward_decisions).where(mine, marked).values(session_id=pseudonym, device=None))
    return done.rowcount


def _forget_account(connection: Connection, reward_id: str, *, device: str | None) -> None:
    """Forget which account a guest wanted a reward on, unless it was claimed: then the bookings say so and stay."""
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


def is_linked(connection: Connection, session_id: str) -> bool:
    """Return whether a decision still names a session."""
    query = select(reward_decisions.c.reward_id).where(reward_decisions.c.session_id == session_id)
    return connection.execute(query).first() is not None
