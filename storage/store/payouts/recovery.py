"""Recovers a restored store's money: books redemptions newer than the backup, freezes what was open.

After a backup, a voucher may have been redeemed, replaced, claimed or paid. What the provider knows is adopted by the
next reconciliation; what the tills know was kept beside the backups; the rest is frozen until a person releases it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from storage.errors import StorageError
from storage.store import audit
from storage.store.engine import Store, serialise
from storage.store.ledger import bookkeeping
from storage.store.payouts import batches, instruction_rows, unclaims
from storage.store.payouts.claims import ClaimRefused
from storage.store.payouts.payout_codes import RESTORED
from storage.store.rewards import freezing, redemptions, vouchers
from storage.store.rewards.redemptions import ACTOR, RedeemedReward
from storage.store.rewards.vouchers import Issuer
from storage.store.schemas.money import reward_decisions, reward_rulings
from storage.store.schemas.money import vouchers as voucher_rows
from storage.store.schemas.payout import payout_claims, payout_instruction_rewards, payout_instructions

PAID = "paid"  # the only state in which a claimed reward is not open


class RecoveryRefused(StorageError):
    """The reward's state does not allow the operation."""


def _sent() -> RecoveryRefused:
    return RecoveryRefused(
        "The reward's money was sent to an account, or may have been; it stays frozen, and nothing was changed.",
        remedy="Run `pilot payout reconcile`, and resolve the differences first.",
    )


@dataclass(frozen=True, slots=True)
class Recovery:
    """The result of a recovery.

    Attributes:
        redeemed: Redemptions newer than the backup that were booked.
        waiting: Redemptions that are kept until their reward is decided again, or a person resolves it.
        frozen: Rewards that a person has to release.
    """

    redeemed: int
    waiting: int
    frozen: int


def recover(
    store: Store, redeemed: Collection[RedeemedReward], *, issuer: Issuer, recovered_to: datetime, actor: str
) -> Recovery:
    """Book the redemptions newer than the backup, and freeze every open reward; safe to repeat.

    Args:
        store: The restored store; nothing else runs on it, or money may be paid meanwhile.
        redeemed: The redemptions kept beside the backups.
        issuer: Issues the vouchers.
        recovered_to: The recovery point, UTC.
        actor: Who restores, for the audit log.
    """
    with store.begin() as connection:
        at = store.now()
        freezing.record_restore(connection, recovered_to=recovered_to, actor=actor, at=at)
        freezing.freeze(connection, _open_rewards(connection), at=at)  # first, so that none slips between
        new = redemptions.keep(connection, redeemed)
        _hold_planned(connection, at=at)
        audit.record(
            connection, actor=actor, action=freezing.RECOVERED, subject=recovered_to.isoformat(),
            details={"redemptions": len(new)}, at=at,
        )  # fmt: skip
    waiting = redemptions.kept_redemptions_of(store)
    for reward_id in waiting:
        book(store, reward_id, issuer=issuer)
    left = redemptions.kept_redemptions_of(store)
    frozen = len(freezing.frozen_rewards_of(store))
    return Recovery(len(waiting) - len(left), len(left), frozen)


def book(store: Store, reward_id: str, *, issuer: Issuer) -> bool:
    """Book a reward's kept redemption as the reward's state allows; return whether it is booked.

    It stays kept while its reward is undecided, or in transit to an account, and if it contradicts a decision.
    """
    try:
        with store.begin() as connection:
            return _book_within(connection, reward_id, store=store, issuer=issuer)
    except ClaimRefused:
        return False  # its money was or may have been sent: the reconciliation reports it


def book_as_redeemed(store: Store, reward_id: str, *, issuer: Issuer, actor: str, reason: str) -> None:
    """Book a frozen reward as redeemed at its café, as a person has found; nothing more is paid on it.

    Args:
        store: The store.
        reward_id: The reward.
        issuer: Issues the voucher of a claimed reward.
        actor: Who found it, for the audit log.
        reason: How, for the audit log.

    Raises:
        RecoveryRefused: the reward is not frozen, or its money was or may have been sent to an account.
    """
    try:
        with store.begin() as connection:
            decided = _lock_decided(connection, reward_id)
            if decided is None or not freezing.is_frozen(connection, [reward_id]):
                raise RecoveryRefused(
                    "The reward is not frozen.", remedy="List the frozen ones: `pilot payout frozen`."
                )
            at = store.now()
            found = RedeemedReward(reward_id, reward_id, decided.cafe, decided.simulated, decided.amount_ore, at)
            kept = redemptions.keep(connection, [found]) or redemptions.kept_amount(connection, reward_id) is not None
            if kept and not _book_within(connection, reward_id, store=store, issuer=issuer):
                raise _sent()
            freezing.thaw(connection, [reward_id])
            audit.record(
                connection, actor=actor, action="reward.found_redeemed", subject=reward_id, reason=reason, at=at
            )
    except ClaimRefused:
        raise _sent() from None


def release_reward(store: Store, reward_id: str, *, actor: str, reason: str) -> bool:
    """Release a frozen reward, and the payout held for it; return whether it was released.

    A payout is released with the last of its frozen rewards. A reward with a kept redemption stays frozen.

    Args:
        store: The store.
        reward_id: The reward.
        actor: Who has checked it, for the audit log.
        reason: How, for the audit log.
    """
    if not freezing.release(store, [reward_id], actor=actor, reason=reason):
        return False
    placed = payout_instruction_rewards.c
    with store.reading() as connection:
        payout = connection.execute(select(placed.instruction_id).where(placed.reward_id == reward_id)).scalar()
        if payout is None or instruction_rows.read_instruction(connection, payout).code != RESTORED:
            return True
        rewards = [each for each, *_ in instruction_rows.rewards_of(connection, payout)]
        if freezing.is_frozen(connection, rewards):
            return True
    batches.hold(store, payout, held=False, actor=actor, reason=reason)
    return True


def _book_within(connection: Connection, reward_id: str, *, store: Store, issuer: Issuer) -> bool:
    """Book a kept redemption within a transaction; its claim may be refused to be withdrawn."""
    decided = _lock_decided(connection, reward_id)
    if decided is None:
        return False
    if redemptions.book_kept(connection, store=store, reward_id=reward_id):
        return True
    claimed = select(payout_claims.c.reward_id).where(payout_claims.c.reward_id == reward_id)
    if connection.execute(claimed).first() is None:
        return _book_unclaimed(connection, decided, store=store, issuer=issuer)
    unclaims.unclaim_within(
        connection, reward_id, store=store, issuer=issuer, actor=ACTOR, reason="redeemed_before_restore"
    )
    return True


def _lock_decided(connection: Connection, reward_id: str) -> Row[Any] | None:
    """Lock a reward's café as a decision does; return the decision with its ruling, None if there is none."""
    decided = (
        select(reward_decisions, reward_rulings.c.released)
        .outerjoin(reward_rulings, reward_rulings.c.reward_id == reward_decisions.c.reward_id)
        .where(reward_decisions.c.reward_id == reward_id)
    )
    found = connection.execute(decided).first()
    if found is None:
        return None
    serialise(connection, f"rewards:{found.cafe}")
    return connection.execute(decided).first()


def _book_unclaimed(connection: Connection, decided: Row[Any], *, store: Store, issuer: Issuer) -> bool:
    """Book a redemption of a reward without a valid voucher: it was held, or its voucher has lapsed."""
    row = decided._mapping
    last = connection.execute(
        select(voucher_rows.c.state)
        .where(voucher_rows.c.reward_id == row["reward_id"])
        .order_by(voucher_rows.c.number.desc())
    ).scalar()
    if last == "expired":
        booking: bookkeeping.Booking = "owed_again"
    elif last is None and row["outcome"] == "held" and row["released"] is None:
        booking = "approved"
        connection.execute(
            insert(reward_rulings).values(
                reward_id=row["reward_id"], released=True, actor=ACTOR, reason="redeemed_before_restore",
                ruled_at=store.now(),
            )
        )  # fmt: skip
    else:
        return False
    given = {name: row[name] for name in ("reward_id", "cafe", "simulated")} | {"ore": row["amount_ore"]}
    bookkeeping.book(connection, booking, store=store, **given)
    vouchers.issue(connection, store=store, issuer=issuer, **given)
    return True


def _open_rewards(connection: Connection) -> set[str]:
    """Return the rewards with a valid voucher, and the claimed ones that are not paid."""
    issued = select(voucher_rows.c.reward_id).where(voucher_rows.c.state == "issued")
    claimed = (
        select(payout_claims.c.reward_id)
        .outerjoin(payout_instruction_rewards, payout_instruction_rewards.c.reward_id == payout_claims.c.reward_id)
        .outerjoin(payout_instructions, payout_instructions.c.id == payout_instruction_rewards.c.instruction_id)
        .where(payout_instructions.c.state.is_(None) | (payout_instructions.c.state != PAID))
    )
    return {*connection.execute(issued).scalars(), *connection.execute(claimed).scalars()}


def _hold_planned(connection: Connection, *, at: datetime) -> None:
    planned = select(payout_instructions.c.id).where(payout_instructions.c.state == "planned")
    for each in sorted(connection.execute(planned).scalars()):
        instruction_rows.set_state(connection, each, "held", code=RESTORED, at=at)
        audit.record(connection, actor=ACTOR, action="payout.hold", subject=each, reason=RESTORED, at=at)
