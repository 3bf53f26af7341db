"""Withdraws claims: a reward gets a voucher again if its money was certainly not sent.

A payout is withdrawn whole, with all its rewards, so that a request to the provider never changes afterwards.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from pilot.business_days import business_day
from storage.store import audit, outbox
from storage.store.engine import Store, serialise
from storage.store.payouts import instruction_rows
from storage.store.payouts.claims import ClaimRefused
from storage.store.payouts.payout_codes import CLAIM_WITHDRAWN
from storage.store.rewards import vouchers
from storage.store.rewards.vouchers import Issuer
from storage.store.schemas.payout import (
    payout_attempts,
    payout_claims,
    payout_instruction_rewards,
    payout_instructions,
)
from storage.store.schemas.provider import onboardings

# The states of payouts without money at the provider (under review: provably absent), or with all of it reversed.
WITHDRAWABLE = frozenset({"planned", "held", "refused", "needs_review", "reversed"})


def unclaim(store: Store, reward_id: str, *, issuer: Issuer, actor: str, reason: str) -> list[str]:
    """Withdraw the claims of a reward's whole payout and issue vouchers again; return the rewards.

    Reconcile just before: a restored store knows less than the provider.

    Args:
        store: The store.
        reward_id: The reward.
        issuer: Issues the vouchers.
        actor: Who withdraws it, for the audit log.
        reason: Why, for the audit log.

    Raises:
        ClaimRefused: the reward is unclaimed, or its money was or may have been sent and was not all reversed.
    """
    with store.begin() as connection:
        return unclaim_within(connection, reward_id, store=store, issuer=issuer, actor=actor, reason=reason)


def unclaim_within(
    connection: Connection, reward_id: str, *, store: Store, issuer: Issuer, actor: str, reason: str
) -> list[str]:
    """Do what `unclaim` does within a transaction, which the caller rolls back if it is refused."""
    rail = connection.execute(select(payout_claims.c.rail).where(payout_claims.c.reward_id == reward_id)).scalar()
    if rail is None:
        raise _unclaimed()
    serialise(connection, f"payouts:{rail}")  # No batch is planned meanwhile.
    payout_id = _placed(connection, reward_id)
    if payout_id is not None:
        _withdraw(connection, payout_id, store=store)
    rewards = [reward_id] if payout_id is None else _rewards(connection, payout_id)
    for each in rewards:
        _give_voucher(connection, each, store=store, issuer=issuer)
        audit.record(
            connection, actor=actor, action="reward.unclaim", subject=each, reason=reason, at=store.now(),
            details={"payout": payout_id or ""},
        )  # fmt: skip
    if payout_id is not None:
        _unlink(connection, payout_id)
    outbox.touch(connection, day=business_day(store.now()), reason="voucher", at=store.now())
    return rewards


def _placed(connection: Connection, reward_id: str) -> str | None:
    query = select(payout_instruction_rewards.c.instruction_id).where(
        payout_instruction_rewards.c.reward_id == reward_id
    )
    return connection.execute(query).scalar()


def _rewards(connection: Connection, payout_id: str) -> list[str]:
    query = select(payout_instruction_rewards.c.reward_id).where(
        payout_instruction_rewards.c.instruction_id == payout_id
    )
    return sorted(connection.execute(query).scalars())


def _withdraw(connection: Connection, payout_id: str, *, store: Store) -> None:
    """Mark the payout so that it is never sent again."""
    found = instruction_rows.lock_instruction(connection, payout_id)
    attempts = connection.execute(
        select(payout_attempts.c.outcome).where(payout_attempts.c.instruction_id == payout_id)
    ).scalars()
    if found.state not in WITHDRAWABLE or "open" in set(attempts):
        raise ClaimRefused(
            f"The payout {payout_id} is {found.state}: its money was sent, or may have been.",
            remedy="Only what was never sent, or was reversed in full, can be withdrawn. See `pilot payout show`.",
        )
    if found.state != "reversed":
        instruction_rows.set_state(connection, payout_id, "refused", code=CLAIM_WITHDRAWN, at=store.now())


def _unlink(connection: Connection, payout_id: str) -> None:
    connection.execute(
        delete(payout_instruction_rewards).where(payout_instruction_rewards.c.instruction_id == payout_id)
    )
    tried = select(payout_attempts.c.key).where(payout_attempts.c.instruction_id == payout_id)
    if connection.execute(tried.limit(1)).first() is None:
        # It was never requested, so it must count neither as a failure nor against the yearly cap.
        connection.execute(delete(payout_instructions).where(payout_instructions.c.id == payout_id))


def _give_voucher(connection: Connection, reward_id: str, *, store: Store, issuer: Issuer) -> None:
    claim = connection.execute(select(payout_claims).where(payout_claims.c.reward_id == reward_id)).first()
    if claim is None:
        raise _unclaimed()
    connection.execute(delete(payout_claims).where(payout_claims.c.reward_id == reward_id))
    connection.execute(delete(onboardings).where(onboardings.c.reward_id == reward_id))
    vouchers.issue(
        connection, store=store, issuer=issuer, reward_id=reward_id, cafe=claim.cafe, simulated=claim.simulated,
        ore=claim.amount_ore,
    )  # fmt: skip


def _unclaimed() -> ClaimRefused:
    return ClaimRefused("Nobody has claimed the reward.", remedy="See `pilot payout show` of it.")
