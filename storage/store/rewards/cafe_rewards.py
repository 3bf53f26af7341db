"""A café's rewards by day: decided, where they are now, and what they cost; nothing of a guest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import and_, func, select

from storage.store.engine import Store
from storage.store.rewards.reward_cases import Outcome
from storage.store.schemas.money import reward_decisions, reward_rulings, vouchers
from storage.store.schemas.payout import payout_claims

RewardState = Literal["declined", "held", "refused", "issued", "redeemed", "expired", "bank"]


@dataclass(frozen=True, slots=True)
class CafeReward:
    """One decided session of a café.

    Attributes:
        day: The session's business day.
        state: declined; held (a person decides) or refused by a person; of a granted one issued (its voucher is valid),
            redeemed, expired, or bank (the guest chose a bank account).
        reason: Why it is declined, held or refused; empty otherwise.
        amount_ore: The reward; 0 if it was declined.
        held_until: The guest's deadline for an answer; None if it is not held.
    """

    day: date
    state: RewardState
    reason: str
    amount_ore: int
    held_until: datetime | None

    @property
    def is_granted(self) -> bool:
        """Return whether it is owed or paid, expired ones included."""
        return self.state in ("issued", "redeemed", "expired", "bank")


def of_cafe(store: Store, cafe: str, *, first: date, last: date, simulated: bool) -> list[CafeReward]:
    """Return the decided sessions of a café's days, by day."""
    decided, ruled, claims = reward_decisions.c, reward_rulings.c, payout_claims.c
    newest = (
        select(vouchers.c.reward_id, func.max(vouchers.c.number).label("number"))
        .where(vouchers.c.cafe == cafe)
        .group_by(vouchers.c.reward_id)
        .subquery()
    )
    joined = (
        reward_decisions.outerjoin(reward_rulings, ruled.reward_id == decided.reward_id)
        .outerjoin(newest, newest.c.reward_id == decided.reward_id)
        .outerjoin(vouchers, and_(vouchers.c.reward_id == newest.c.reward_id, vouchers.c.number == newest.c.number))
        .outerjoin(payout_claims, claims.reward_id == decided.reward_id)
    )
    query = (
        select(
            decided.day, decided.outcome, decided.reason, decided.amount_ore, decided.held_until, ruled.released,
            vouchers.c.state, vouchers.c.expires_at, claims.reward_id.is_not(None).label("claimed"),
        )
        .select_from(joined)
        .where(decided.cafe == cafe, decided.simulated == simulated, decided.day.between(first, last))
        .order_by(decided.day)
    )  # fmt: skip
    now = store.now()
    with store.reading() as connection:
        rows = connection.execute(query).all()
    found = []
    for day, outcome, reason, amount, held_until, released, voucher, expires, claimed in rows:
        state = _state(outcome, released=released, voucher=voucher, is_over=expires is not None and expires <= now)
        if state in ("issued", "expired") and claimed:
            state = "bank"
        waits = state == "held"
        why = reason if state in ("declined", "held", "refused") else ""
        found.append(CafeReward(day, state, why, amount, held_until if waits else None))
    return found


def _state(outcome: Outcome, *, released: bool | None, voucher: str | None, is_over: bool) -> RewardState:
    if outcome == "declined":
        return "declined"
    if outcome == "held" and not released:
        return "held" if released is None else "refused"
    if voucher == "redeemed":
        return "redeemed"
    return "expired" if voucher == "expired" or (voucher == "issued" and is_over) else "issued"
