"""The instructions of batches, read, locked and changed within a transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, insert, select, update

from pilot.business_days import business_day
from storage.errors import StorageError
from storage.store import outbox
from storage.store.engine import serialise
from storage.store.schemas.payout import (
    payout_batches,
    payout_claims,
    payout_instruction_rewards,
    payout_instructions,
    recipients,
)

State = Literal["planned", "held", "in_flight", "refused", "paid", "needs_review", "reversed"]

UNFINISHED: tuple[State, ...] = ("planned", "in_flight")
LEFT: tuple[State, ...] = ("paid", "reversed")  # The provider has made the transfer.


class BatchRefused(StorageError):
    """The state of a batch or an instruction does not allow the operation."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One planned transfer; `code` is the reason if it is held, refused or under review."""

    id: str
    batch_id: str
    recipient_id: str
    account: str
    amount_ore: int
    state: State
    code: str
    reference: str | None


INSTRUCTION_COLUMNS = tuple(
    recipients.c.account if name == "account" else payout_instructions.c[name]
    for name in Instruction.__dataclass_fields__
)
INSTRUCTIONS = payout_instructions.join(recipients, recipients.c.id == payout_instructions.c.recipient_id)


def add_instruction(
    connection: Connection, instruction_id: str, batch_id: str, who: str, rewards: dict[str, int], *, at: datetime
) -> None:
    """Add an instruction within the transaction of its batch or adoption."""
    connection.execute(
        insert(payout_instructions).values(
            id=instruction_id,
            batch_id=batch_id,
            recipient_id=who,
            amount_ore=sum(rewards.values()),
            state="planned",
            code="",
            changed_at=at,
        )
    )
    connection.execute(
        insert(payout_instruction_rewards),
        [{"reward_id": each, "instruction_id": instruction_id} for each in sorted(rewards)],
    )


def read_instruction(connection: Connection, instruction_id: str) -> Instruction:
    """Return an instruction.

    Raises:
        BatchRefused: there is no such instruction.
    """
    query = select(*INSTRUCTION_COLUMNS).select_from(INSTRUCTIONS).where(payout_instructions.c.id == instruction_id)
    row = connection.execute(query).first()
    if row is None:
        raise BatchRefused(
            f"There is no payout {instruction_id!r}.", remedy="List the batch and choose one of its payouts."
        )
    return Instruction(*row)


def rewards_of(connection: Connection, instruction_id: str) -> list[tuple[str, str, bool, int]]:
    """Return the instruction's rewards: id, café, simulated, öre."""
    query = (
        select(payout_claims.c.reward_id, payout_claims.c.cafe, payout_claims.c.simulated, payout_claims.c.amount_ore)
        .join(payout_instruction_rewards, payout_instruction_rewards.c.reward_id == payout_claims.c.reward_id)
        .where(payout_instruction_rewards.c.instruction_id == instruction_id)
        .order_by(payout_claims.c.reward_id)
    )
    return [(row[0], row[1], row[2], row[3]) for row in connection.execute(query)]


def lock_instruction(connection: Connection, instruction_id: str) -> Instruction:
    """Lock an instruction until the transaction ends, and return it.

    Raises:
        BatchRefused: there is no such instruction.
    """
    serialise(connection, f"payout:{instruction_id}")
    return read_instruction(connection, instruction_id)


def set_state(
    connection: Connection, instruction_id: str, state: State, *, code: str, at: datetime, reference: str | None = None
) -> None:
    """Set the state of an instruction that the caller has locked; the caller checks the transition.

    It touches the days whose figures change: the batch's, and those of the previous and the new state.
    """
    was = connection.execute(
        select(payout_batches.c.day, payout_instructions.c.changed_at)
        .join(payout_instructions, payout_instructions.c.batch_id == payout_batches.c.id)
        .where(payout_instructions.c.id == instruction_id)
    ).one()
    values: dict[str, object] = {"state": state, "code": code, "changed_at": at}
    if reference is not None:
        values["reference"] = reference
    connection.execute(update(payout_instructions).where(payout_instructions.c.id == instruction_id).values(values))
    for day in sorted({was.day, business_day(was.changed_at), business_day(at)}):
        outbox.touch(connection, day=day, reason="payout", at=at)
