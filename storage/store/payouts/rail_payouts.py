"""Queries over the payouts of one rail; a payout of another rail is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from storage.store.engine import Store
from storage.store.payouts.instruction_rows import (
    INSTRUCTION_COLUMNS,
    INSTRUCTIONS,
    LEFT,
    UNFINISHED,
    BatchRefused,
    Instruction,
)
from storage.store.schemas.money import reward_decisions
from storage.store.schemas.payout import payout_batches, payout_instruction_rewards, payout_instructions


@dataclass(frozen=True, slots=True)
class UnpaidReward:
    """A reward in a payout that may still be sent; `session_id` is a pseudonym if the session was erased."""

    instruction_id: str
    reward_id: str
    session_id: str
    day: date


def completed_since(store: Store, *, rail: str, since: datetime) -> list[tuple[Instruction, date]]:
    """Return a rail's paid and reversed payouts that changed since a moment, with their batch's day."""
    query = (
        select(*INSTRUCTION_COLUMNS, payout_batches.c.day)
        .select_from(INSTRUCTIONS.join(payout_batches, payout_batches.c.id == payout_instructions.c.batch_id))
        .where(
            payout_batches.c.rail == rail,
            payout_instructions.c.state.in_(LEFT),
            payout_instructions.c.changed_at >= since,
        )
        .order_by(payout_instructions.c.id)
    )
    with store.reading() as connection:
        return [(Instruction(*row[:-1]), row[-1]) for row in connection.execute(query)]


def unfinished(store: Store, *, rail: str, simulated: bool, approved: bool = False) -> list[Instruction]:
    """Return a rail's planned and in-flight payouts, by id.

    Args:
        store: The store.
        rail: The rail.
        simulated: Whether the rewards are simulated.
        approved: Whether to leave out batches that wait for approval.
    """
    query = (
        select(*INSTRUCTION_COLUMNS)
        .select_from(INSTRUCTIONS.join(payout_batches, payout_batches.c.id == payout_instructions.c.batch_id))
        .where(
            payout_instructions.c.state.in_(UNFINISHED),
            payout_batches.c.rail == rail,
            payout_batches.c.simulated == simulated,
        )
        .order_by(payout_instructions.c.id)
    )
    if approved:
        query = query.where(payout_batches.c.approval != "waiting")
    with store.reading() as connection:
        return [Instruction(*row) for row in connection.execute(query)]


def not_paid(store: Store, *, simulated: bool) -> list[Instruction]:
    """Return the payouts of every rail that were not made, or came back, by id."""
    query = (
        select(*INSTRUCTION_COLUMNS)
        .select_from(INSTRUCTIONS.join(payout_batches, payout_batches.c.id == payout_instructions.c.batch_id))
        .where(payout_instructions.c.state != "paid", payout_batches.c.simulated == simulated)
        .order_by(payout_instructions.c.id)
    )
    with store.reading() as connection:
        return [Instruction(*row) for row in connection.execute(query)]


def unpaid_rewards(store: Store, *, rail: str, simulated: bool) -> list[UnpaidReward]:
    """Return the rewards in a rail's payouts that may still be sent, also by a person's retry.

    Args:
        store: The store.
        rail: The rail.
        simulated: Whether the rewards are simulated.
    """
    query = (
        select(
            payout_instructions.c.id,
            reward_decisions.c.reward_id,
            reward_decisions.c.session_id,
            reward_decisions.c.day,
        )
        .join(payout_batches, payout_batches.c.id == payout_instructions.c.batch_id)
        .join(payout_instruction_rewards, payout_instruction_rewards.c.instruction_id == payout_instructions.c.id)
        .join(reward_decisions, reward_decisions.c.reward_id == payout_instruction_rewards.c.reward_id)
        .where(
            payout_instructions.c.state.not_in(LEFT),
            payout_batches.c.rail == rail,
            payout_batches.c.simulated == simulated,
        )
        .order_by(payout_instructions.c.id, reward_decisions.c.reward_id)
    )
    with store.reading() as connection:
        return [UnpaidReward(*row) for row in connection.execute(query)]


def require_rail(connection: Connection, instruction: Instruction, *, rail: str) -> None:
    """Refuse a payout of another rail, so that tests never move money and real payouts never use a fake.

    Raises:
        BatchRefused: the payout is of another rail.
    """
    planned_on = connection.execute(
        select(payout_batches.c.rail).where(payout_batches.c.id == instruction.batch_id)
    ).scalar_one()
    if planned_on != rail:
        raise BatchRefused(
            f"The payout {instruction.id} is of the rail {planned_on!r}, and the key here is of {rail!r}.",
            remedy="Use PILOT_STRIPE_KEY and PILOT_STRIPE_URL as they were when its batch was planned.",
        )


def find_instruction(store: Store, instruction_id: str, *, rail: str) -> Instruction:
    """Return a payout of a rail.

    Raises:
        BatchRefused: there is no such payout, or it is of another rail.
    """
    query = select(*INSTRUCTION_COLUMNS).select_from(INSTRUCTIONS).where(payout_instructions.c.id == instruction_id)
    with store.reading() as connection:
        row = connection.execute(query).first()
        if row is None:
            raise BatchRefused(
                f"There is no payout {instruction_id!r}.", remedy="List the batch and choose one of its payouts."
            )
        found = Instruction(*row)
        require_rail(connection, found, rail=rail)
        return found
