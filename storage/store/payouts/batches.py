"""Daily batches: one instruction for each recipient's claims, approved by a person if required."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import Connection, insert, select, update

from storage.store import audit, outbox
from storage.store.engine import Store, serialise
from storage.store.payouts import awaiting
from storage.store.payouts.instruction_rows import (
    INSTRUCTION_COLUMNS,
    INSTRUCTIONS,
    BatchRefused,
    Instruction,
    State,
    add_instruction,
    lock_instruction,
    read_instruction,
    set_state,
)
from storage.store.payouts.payout_codes import HELD_BY_PERSON, RESTORED, HoldCode
from storage.store.schemas.payout import payout_batches, payout_instructions, recipients

Approval = Literal["not_needed", "waiting", "given"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a batch.

    Attributes:
        approval_ore: A larger batch needs a person's approval; so does a rail's first.
        yearly_ore: The maximum paid to one recipient in a calendar year; further rewards wait.
    """

    approval_ore: int
    yearly_ore: int


@dataclass(frozen=True, slots=True)
class Batch:
    """A day's batch of a rail."""

    id: str
    day: date
    rail: str
    simulated: bool
    approval: Approval
    planned_at: datetime


def plan(
    store: Store,
    *,
    day: date,
    rail: str,
    simulated: bool,
    limits: Limits,
    decided_until: Mapping[date, datetime] | None = None,
    without: Collection[str] = (),
) -> Batch:
    """Create the day's batch from the claims without a batch; an existing batch is returned unchanged.

    Later claims wait for the next day's batch, so that an approved batch never grows.

    Args:
        store: The store.
        day: The batch's day.
        rail: The rail.
        simulated: Whether the rewards are simulated.
        limits: The batch's limits.
        decided_until: The days of rewards to include, each up to a decision time; None for all.
        without: Sessions whose rewards wait, and rewards that wait.
    """
    with store.begin() as connection:
        serialise(connection, f"payouts:{rail}")
        known = _batch(connection, payout_batches.c.day == day, rail=rail, simulated=simulated)
        if known is not None:
            return known
        batch_id = f"{rail}-{day.isoformat()}" + ("-simulated" if simulated else "")
        claimed = awaiting.waiting_claims(
            connection, rail=rail, simulated=simulated, decided_until=decided_until, without=without
        )
        kept = {
            who: awaiting.fit_under_cap(connection, who, rewards, day=day, yearly_ore=limits.yearly_ore)
            for who, rewards in claimed.items()
        }
        kept = {who: rewards for who, rewards in kept.items() if rewards}
        total = sum(ore for rewards in kept.values() for _, ore in rewards)
        first = not awaiting.planned_before(connection, day, rail=rail, simulated=simulated)
        approval: Approval = "waiting" if total > limits.approval_ore or (first and total) else "not_needed"
        at = store.now()
        connection.execute(
            insert(payout_batches).values(
                id=batch_id, day=day, rail=rail, simulated=simulated, approval=approval, planned_at=at
            )
        )
        for who in sorted(kept):
            add_instruction(
                connection, _instruction_id(connection, batch_id, who), batch_id, who, dict(kept[who]), at=at
            )
        outbox.touch(connection, day=day, reason="payout_batch", at=at)
        return Batch(batch_id, day, rail, simulated, approval, at)


def planned(store: Store, *, day: date, rail: str, simulated: bool) -> bool:
    """Return whether the day's batch of a rail is planned."""
    with store.reading() as connection:
        return _batch(connection, payout_batches.c.day == day, rail=rail, simulated=simulated) is not None


def approve(store: Store, batch_id: str, *, actor: str, reason: str) -> Batch:
    """Approve a batch; repeated, it changes nothing.

    Raises:
        BatchRefused: there is no such batch.
    """
    with store.begin() as connection:
        found = _named(connection, batch_id)
        if found.approval == "waiting":
            connection.execute(update(payout_batches).where(payout_batches.c.id == batch_id).values(approval="given"))
            outbox.touch(connection, day=found.day, reason="payout_batch", at=store.now())
            audit.record(
                connection, actor=actor, action="batch.approve", subject=batch_id, reason=reason, at=store.now()
            )
        return _named(connection, batch_id)


def hold(
    store: Store, instruction_id: str, *, held: bool, actor: str, reason: str, code: HoldCode = HELD_BY_PERSON
) -> Instruction:
    """Hold an instruction without attempts, or release a held one.

    Args:
        store: The store.
        instruction_id: The instruction.
        held: Whether to hold or to release it.
        actor: Who does it, for the audit log.
        reason: Why, for the audit log.
        code: The code of the reason, stored with the payout.

    Raises:
        BatchRefused: there is no such instruction, or it is in flight or finished.
    """
    with store.begin() as connection:
        found = lock_instruction(connection, instruction_id)
        if found.state not in ("planned", "held"):
            raise BatchRefused(
                f"The payout is {found.state}.", remedy="Only a payout that was not tried yet can be held or released."
            )
        to: State = "held" if held else "planned"
        # A restore's hold ends with its frozen rewards; another reason must outlast it.
        if found.state != to or (held and found.code == RESTORED != code):
            set_state(connection, instruction_id, to, code=code if held else "", at=store.now())
            verb = "hold" if held else "release"
            audit.record(
                connection, actor=actor, action=f"payout.{verb}", subject=instruction_id, reason=reason, at=store.now()
            )
        return lock_instruction(connection, instruction_id)


def batches(store: Store) -> list[Batch]:
    """Return all batches, newest day first."""
    with store.reading() as connection:
        query = select(payout_batches).order_by(payout_batches.c.day.desc(), payout_batches.c.id)
        return [Batch(*row) for row in connection.execute(query)]


def find_batch(store: Store, batch_id: str) -> Batch:
    """Return a batch.

    Raises:
        BatchRefused: there is no such batch.
    """
    with store.reading() as connection:
        return _named(connection, batch_id)


def instructions(store: Store, batch_id: str | None = None) -> list[Instruction]:
    """Return a batch's instructions, or all, by id."""
    query = select(*INSTRUCTION_COLUMNS).select_from(INSTRUCTIONS).order_by(payout_instructions.c.id)
    if batch_id is not None:
        query = query.where(payout_instructions.c.batch_id == batch_id)
    with store.reading() as connection:
        return [Instruction(*row) for row in connection.execute(query)]


def find_instruction(store: Store, instruction_id: str) -> Instruction:
    """Return an instruction.

    Raises:
        BatchRefused: there is no such instruction.
    """
    with store.reading() as connection:
        return read_instruction(connection, instruction_id)


def _instruction_id(connection: Connection, batch_id: str, who: str) -> str:
    """Return the id of a recipient's instruction in a batch; it is the same in every copy of the store.

    After a restore the batch may be planned again: the provider then recognises the id.
    """
    account = connection.execute(select(recipients.c.account).where(recipients.c.id == who)).scalar_one()
    return f"{batch_id}-{hashlib.sha256(account.encode()).hexdigest()[:12]}"


def _named(connection: Connection, batch_id: str) -> Batch:
    row = connection.execute(select(payout_batches).where(payout_batches.c.id == batch_id)).first()
    if row is None:
        raise BatchRefused(f"There is no batch {batch_id!r}.", remedy="List the batches and choose one.")
    return Batch(*row)


def _batch(connection: Connection, when: object, *, rail: str, simulated: bool) -> Batch | None:
    query = select(payout_batches).where(
        when,  # type: ignore[arg-type]
        payout_batches.c.rail == rail,
        payout_batches.c.simulated == simulated,
    )
    row = connection.execute(query.limit(1)).first()
    return None if row is None else Batch(*row)
