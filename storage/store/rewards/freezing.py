"""Rewards frozen by a restore: they may have been paid after the backup, so a person releases each.

A frozen reward's voucher is not redeemed, its claim is not planned and its payout is not sent. What the provider
already paid is still adopted, which ends the freeze.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from pilot.business_days import business_day
from pilot.identifiers import identifier_time
from storage.store import audit, outbox
from storage.store.engine import Store, serialise
from storage.store.schemas.core import audit_log
from storage.store.schemas.money import frozen_rewards, kept_redemptions, restores, reward_decisions

RECOVERED = "store.recover"
RELEASED = "reward.thaw"


@dataclass(frozen=True, slots=True)
class FrozenReward:
    """A frozen reward, with its decision's session, café and amount."""

    reward_id: str
    session_id: str
    cafe: str
    simulated: bool
    amount_ore: int
    frozen_at: datetime


def freeze(connection: Connection, reward_ids: Collection[str], *, at: datetime) -> int:
    """Freeze rewards; return the number of newly frozen ones."""
    known = set(connection.execute(select(frozen_rewards.c.reward_id)).scalars())
    new = sorted(set(reward_ids) - known)
    if new:
        connection.execute(insert(frozen_rewards), [{"reward_id": each, "frozen_at": at} for each in new])
    return len(new)


def thaw(connection: Connection, reward_ids: Collection[str]) -> int:
    """End the freeze of rewards; return the number of those that were frozen."""
    return connection.execute(delete(frozen_rewards).where(frozen_rewards.c.reward_id.in_(sorted(reward_ids)))).rowcount


def is_frozen(connection: Connection, reward_ids: Collection[str]) -> bool:
    """Return whether any of the rewards is frozen."""
    query = select(frozen_rewards.c.reward_id).where(frozen_rewards.c.reward_id.in_(sorted(reward_ids)))
    return connection.execute(query.limit(1)).first() is not None


def frozen(store: Store, reward_id: str) -> bool:
    """Return whether a reward is frozen."""
    with store.reading() as connection:
        return is_frozen(connection, [reward_id])


def frozen_rewards_of(store: Store) -> list[FrozenReward]:
    """Return the frozen rewards, oldest freeze first."""
    decided = reward_decisions.c
    query = (
        select(
            frozen_rewards.c.reward_id, decided.session_id, decided.cafe, decided.simulated, decided.amount_ore,
            frozen_rewards.c.frozen_at,
        )
        .join(reward_decisions, decided.reward_id == frozen_rewards.c.reward_id)
        .order_by(frozen_rewards.c.frozen_at, decided.cafe, decided.session_id)
    )  # fmt: skip
    with store.reading() as connection:
        return [FrozenReward(*row) for row in connection.execute(query)]


def release(store: Store, reward_ids: Collection[str], *, actor: str, reason: str) -> int:
    """End the freeze of rewards that a person has checked; return their number.

    A reward with a redemption that is not booked yet stays frozen.

    Args:
        store: The store.
        reward_ids: The rewards.
        actor: Who releases them, for the audit log.
        reason: Why, for the audit log.
    """
    done = 0
    with store.begin() as connection:
        kept = set(connection.execute(select(kept_redemptions.c.reward_id)).scalars())
        for reward_id in sorted(set(reward_ids) - kept):
            if thaw(connection, [reward_id]):
                at = store.now()
                audit.record(connection, actor=actor, action=RELEASED, subject=reward_id, reason=reason, at=at)
                done += 1
        if done:
            outbox.touch(connection, day=business_day(store.now()), reason="restore", at=store.now())
    return done


def record_restore(connection: Connection, *, recovered_to: datetime, actor: str, at: datetime) -> None:
    """Record a restore: sessions begun before it may have been decided and paid after the backup."""
    serialise(connection, "restores")
    connection.execute(insert(restores).values(recovered_to=recovered_to, restored_at=at, actor=actor))


def may_be_paid_before_restore(connection: Connection, reward_id: str) -> bool:
    """Return whether a reward's session began before the last restore, with no person's release since."""
    session = select(reward_decisions.c.session_id).where(reward_decisions.c.reward_id == reward_id)
    if not _begun_before_restore(connection, connection.execute(session).scalar_one()):
        return False
    restored = select(func.max(audit_log.c.id)).where(audit_log.c.action == RECOVERED)
    released = select(audit_log.c.id).where(
        audit_log.c.action == RELEASED,
        audit_log.c.subject == reward_id,
        audit_log.c.id > func.coalesce(restored.scalar_subquery(), 0),  # not by time: a clock may be set back
    )
    return connection.execute(released.limit(1)).first() is None


def _begun_before_restore(connection: Connection, session_id: str) -> bool:
    """Return whether a session began before the last restore; True if its identifier has no time."""
    restored_at: datetime | None = connection.execute(select(func.max(restores.c.restored_at))).scalar()
    if restored_at is None:
        return False
    try:
        return identifier_time(session_id) <= restored_at
    except ValueError:
        return True
