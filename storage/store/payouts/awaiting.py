"""Claims that wait for a batch, and the yearly cap on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import Connection, extract, func, select

from storage.store.engine import Store
from storage.store.schemas.money import frozen_rewards, reward_decisions
from storage.store.schemas.payout import (
    payout_batches,
    payout_claims,
    payout_instruction_rewards,
    payout_instructions,
)


def decided_days(store: Store, *, rail: str, simulated: bool) -> dict[date, datetime]:
    """Return the business days with claims that wait for a batch, each with its last decision time."""
    query = (
        select(reward_decisions.c.day, func.max(reward_decisions.c.decided_at))
        .join(payout_claims, payout_claims.c.reward_id == reward_decisions.c.reward_id)
        .outerjoin(payout_instruction_rewards, payout_instruction_rewards.c.reward_id == payout_claims.c.reward_id)
        .where(
            payout_instruction_rewards.c.reward_id.is_(None),
            payout_claims.c.rail == rail,
            payout_claims.c.simulated == simulated,
        )
        .group_by(reward_decisions.c.day)
    )
    with store.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def planned_before(connection: Connection, day: date, *, rail: str, simulated: bool) -> bool:
    """Return whether the rail has an earlier, non-empty batch."""
    query = (
        select(payout_instructions.c.id)
        .join(payout_batches, payout_batches.c.id == payout_instructions.c.batch_id)
        .where(payout_batches.c.day < day, payout_batches.c.rail == rail, payout_batches.c.simulated == simulated)
    )
    return connection.execute(query.limit(1)).first() is not None


def waiting_claims(
    connection: Connection,
    *,
    rail: str,
    simulated: bool,
    decided_until: Mapping[date, datetime] | None = None,
    without: Collection[str] = (),
) -> dict[str, list[tuple[str, int]]]:
    """Return the waiting rewards that are not frozen, and their öre, by recipient, oldest claim first.

    Args:
        connection: The batch's transaction.
        rail: The rail.
        simulated: Whether the rewards are simulated.
        decided_until: The days to include, each up to a decision time; None for all.
        without: Sessions and rewards to leave out; an erased session's reward is known by its own identifier only.
    """
    query = (
        select(
            payout_claims.c.recipient_id,
            payout_claims.c.reward_id,
            payout_claims.c.amount_ore,
            reward_decisions.c.day,
            reward_decisions.c.decided_at,
            reward_decisions.c.session_id,
        )
        .join(reward_decisions, reward_decisions.c.reward_id == payout_claims.c.reward_id)
        .outerjoin(payout_instruction_rewards, payout_instruction_rewards.c.reward_id == payout_claims.c.reward_id)
        .where(
            payout_instruction_rewards.c.reward_id.is_(None),
            payout_claims.c.rail == rail,
            payout_claims.c.simulated == simulated,
            payout_claims.c.reward_id.not_in(select(frozen_rewards.c.reward_id)),
        )
        .order_by(payout_claims.c.claimed_at, payout_claims.c.reward_id)
    )
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for who, reward_id, ore, day, decided_at, session_id in connection.execute(query):
        if session_id in without or reward_id in without:
            continue
        if decided_until is None or (day in decided_until and decided_at <= decided_until[day]):
            found[who].append((reward_id, ore))
    return found


def oldest_claim(store: Store, *, rail: str) -> datetime | None:
    """Return the time of a rail's oldest claim without a batch, None if there is none."""
    query = (
        select(payout_claims.c.claimed_at)
        .outerjoin(payout_instruction_rewards, payout_instruction_rewards.c.reward_id == payout_claims.c.reward_id)
        .where(payout_instruction_rewards.c.reward_id.is_(None), payout_claims.c.rail == rail)
        .order_by(payout_claims.c.claimed_at)
    )
    with store.reading() as connection:
        return connection.execute(query.limit(1)).scalar()


def promised_ore(connection: Connection, who: str, *, year: int) -> int:
    """Return the sum of a recipient's unreversed payouts, which counts towards the year's cap."""
    query = (
        select(func.coalesce(func.sum(payout_instructions.c.amount_ore), 0))
        .join(payout_batches, payout_batches.c.id == payout_instructions.c.batch_id)
        .where(
            payout_instructions.c.recipient_id == who,
            payout_instructions.c.state != "reversed",
            extract("year", payout_batches.c.day) == year,
        )
    )
    return int(connection.execute(query).scalar_one())


def fit_under_cap(
    connection: Connection, who: str, rewards: list[tuple[str, int]], *, day: date, yearly_ore: int
) -> list[tuple[str, int]]:
    """Return the oldest rewards that fit under the recipient's yearly cap."""
    left = yearly_ore - promised_ore(connection, who, year=day.year)
    kept = []
    for reward_id, ore in rewards:
        if ore > left:
            break
        kept.append((reward_id, ore))
        left -= ore
    return kept
