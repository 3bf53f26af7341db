"""Claimed rewards of quarantined sessions that are erased: a person releases each.

The erasure removes the row in quarantine, so no check could hold them later.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from storage.store import audit
from storage.store.engine import Store
from storage.store.payouts.instruction_rows import LEFT
from storage.store.rewards import freezing
from storage.store.schemas.money import reward_decisions
from storage.store.schemas.payout import payout_claims, payout_instruction_rewards, payout_instructions


def freeze_claimed(store: Store, sessions: Collection[str], *, actor: str) -> int:
    """Freeze the claimed and unpaid rewards of some sessions; return the number of newly frozen ones.

    Args:
        store: The store.
        sessions: The sessions, before their decisions are pseudonymised.
        actor: Who erases them, for the audit log.
    """
    paid = (
        select(payout_instruction_rewards.c.reward_id)
        .join(payout_instructions, payout_instructions.c.id == payout_instruction_rewards.c.instruction_id)
        .where(payout_instructions.c.state.in_(LEFT))
    )
    query = (
        select(payout_claims.c.reward_id)
        .join(reward_decisions, reward_decisions.c.reward_id == payout_claims.c.reward_id)
        .where(reward_decisions.c.session_id.in_(sorted(sessions)), payout_claims.c.reward_id.not_in(paid))
    )
    with store.begin() as connection:
        claimed = list(connection.execute(query).scalars())
        at = store.now()
        done = freezing.freeze(connection, claimed, at=at)
        for each in claimed if done else ():
            audit.record(
                connection, actor=actor, action="reward.freeze", subject=each, reason="erased_in_quarantine", at=at
            )
        return done
