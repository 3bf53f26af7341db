"""Attempts at an instruction: committed before the provider is called, ended by its known outcome.

`open` means that the transfer may exist: after a timeout, a crash or an error of the provider. A new key is created
only after a refusal, or once the transfer is provably absent; never while an attempt is open.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, insert, select, update

from storage.store import audit
from storage.store.engine import Store
from storage.store.ledger import bookkeeping
from storage.store.payouts import rail_payouts
from storage.store.payouts.instruction_rows import BatchRefused, Instruction, lock_instruction, rewards_of, set_state
from storage.store.payouts.payout_codes import ABSENT
from storage.store.rewards import freezing
from storage.store.schemas.core import switches
from storage.store.schemas.payout import payout_attempts, payout_batches, payout_instructions

# A provider may forget a key after 24 hours, and then treats the same request as a new one.
KEY_LIFETIME = timedelta(hours=23)

# The rails that move money; all others are a provider's test mode or a fake.
MONEY_RAILS = frozenset({"stripe"})

# The recipient can resolve these at the provider; a payout refused for one is then planned again.
CAPABILITY_CODES = frozenset({"insufficient_capabilities_for_transfer"})

AttemptOutcome = Literal["open", "accepted", "refused", "absent"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One key for a transfer; its parameters are sent byte for byte as stored."""

    key: str
    instruction_id: str
    number: int
    parameters: str
    parameters_hash: str
    outcome: AttemptOutcome
    code: str
    begun_at: datetime
    ended_at: datetime | None

    def key_expired(self, now: datetime) -> bool:
        """Return whether the provider may have forgotten the key."""
        return now - self.begun_at >= KEY_LIFETIME


def begin_attempt(
    store: Store, instruction_id: str, *, rail: str, parameters: str, retry_refused: bool = False
) -> Attempt | None:
    """Return the open attempt or a new one; None if the instruction must not be sent.

    It must not be sent if it is held, refused, under review, paid or reversed, if its batch waits for approval, while
    rewards are stopped, or while one of its rewards is frozen. An expired attempt is still looked up then.

    Args:
        store: The store.
        instruction_id: The instruction.
        rail: The provider's rail.
        parameters: The request as sent; used only by a new attempt.
        retry_refused: Whether a person retries a refused or provably absent transfer.

    Raises:
        BatchRefused: there is no such instruction, or it is on another rail.
    """
    with store.begin() as connection:
        found = lock_instruction(connection, instruction_id)
        rail_payouts.require_rail(connection, found, rail=rail)
        allowed = {"planned", "in_flight"} | ({"refused", "needs_review"} if retry_refused else set())
        if found.state not in allowed or not _may_send(connection, found):
            return None
        last = _last(connection, instruction_id)
        at = store.now()
        frozen = freezing.is_frozen(connection, [reward_id for reward_id, *_ in rewards_of(connection, found.id)])
        if last is not None and last.outcome == "open":
            # A transfer that may exist is never retried under a new key, not even by hand.
            may_ask = found.state == "in_flight" and (not frozen or last.key_expired(at))
            return last if may_ask else None
        if frozen:
            return None
        number = 1 if last is None else last.number + 1
        new = Attempt(
            key=f"payout:{instruction_id}:a{number}",
            instruction_id=instruction_id,
            number=number,
            parameters=parameters,
            parameters_hash=hashlib.sha256(parameters.encode()).hexdigest(),
            outcome="open",
            code="",
            begun_at=at,
            ended_at=None,
        )
        connection.execute(
            insert(payout_attempts).values({name: getattr(new, name) for name in Attempt.__dataclass_fields__})
        )
        set_state(connection, instruction_id, "in_flight", code="", at=at)
        return new


def record_accepted(store: Store, key: str, *, reference: str) -> None:
    """Record that the provider made the transfer and book it; repeated, it changes nothing."""
    with store.begin() as connection:
        attempt, found = _lock_attempt(connection, key)
        if found.state in ("paid", "reversed"):
            return
        pay(connection, found, attempt_key=attempt.key, reference=reference, store=store)


def pay(connection: Connection, found: Instruction, *, attempt_key: str, reference: str, store: Store) -> None:
    """Book an instruction as paid, within a transaction that has locked it."""
    at = store.now()
    connection.execute(
        update(payout_attempts)
        .where(payout_attempts.c.instruction_id == found.id, payout_attempts.c.outcome == "open")
        .values(outcome="absent", ended_at=at)
    )
    connection.execute(
        update(payout_attempts).where(payout_attempts.c.key == attempt_key).values(outcome="accepted", ended_at=at)
    )
    set_state(connection, found.id, "paid", code="", at=at, reference=reference)
    _book(connection, found, store=store)
    freezing.thaw(connection, [reward_id for reward_id, *_ in rewards_of(connection, found.id)])


def record_refused(store: Store, key: str, *, code: str, curable: bool) -> None:
    """Record that the provider has definitely not made the transfer.

    Args:
        store: The store.
        key: The attempt's key.
        code: The provider's code.
        curable: Whether a retry may succeed without an action here; it is then planned again.
    """
    with store.begin() as connection:
        attempt, found = _lock_attempt(connection, key)
        if attempt.outcome != "open":
            return
        _end(connection, key, "refused", code=code, at=store.now())
        if found.state == "in_flight":
            set_state(connection, found.id, "planned" if curable else "refused", code=code, at=store.now())


def record_unknown(store: Store, key: str, *, code: str) -> None:
    """Record the code of an unknown outcome; the attempt stays open."""
    with store.begin() as connection:
        attempt, found = _lock_attempt(connection, key)
        if attempt.outcome == "open" and found.state == "in_flight":
            connection.execute(update(payout_attempts).where(payout_attempts.c.key == key).values(code=code))
            set_state(connection, found.id, "in_flight", code=code, at=store.now())


def record_absent(store: Store, key: str) -> None:
    """Record that the transfer is absent after the key expired; a person reviews it."""
    with store.begin() as connection:
        attempt, found = _lock_attempt(connection, key)
        if attempt.outcome != "open" or not attempt.key_expired(store.now()):
            return
        _end(connection, key, "absent", code="", at=store.now())
        if found.state == "in_flight":
            set_state(connection, found.id, "needs_review", code=ABSENT, at=store.now())


def plan_again(store: Store, recipient_id: str, *, able_at: datetime) -> int:
    """Plan payouts again that were refused for a missing capability which the recipient has since gained.

    They are sent with the next sending, under a new key: the refusal was definite.

    Args:
        store: The store.
        recipient_id: The recipient.
        able_at: When the provider reported the capability.

    Returns:
        The number of payouts.
    """
    refused_for_it = (
        payout_instructions.c.recipient_id == recipient_id,
        payout_instructions.c.state == "refused",
        payout_instructions.c.code.in_(CAPABILITY_CODES),
        payout_instructions.c.changed_at < able_at,
    )
    with store.begin() as connection:
        found = connection.execute(select(payout_instructions.c.id).where(*refused_for_it)).scalars().all()
        again = [each for each in sorted(found) if lock_instruction(connection, each).state == "refused"]
        for each in again:
            set_state(connection, each, "planned", code="", at=store.now())
            audit.record(connection, actor="recipient", action="payout.plan_again", subject=each, at=store.now())
        return len(again)


def of_instruction(store: Store, instruction_id: str) -> list[Attempt]:
    """Return an instruction's attempts in order."""
    query = select(payout_attempts).where(payout_attempts.c.instruction_id == instruction_id)
    with store.reading() as connection:
        return [Attempt(*row) for row in connection.execute(query.order_by(payout_attempts.c.number))]


def _may_send(connection: Connection, found: Instruction) -> bool:
    batch = connection.execute(
        select(payout_batches.c.approval, payout_batches.c.rail, payout_batches.c.simulated).where(
            payout_batches.c.id == found.batch_id
        )
    ).one()
    stopped = connection.execute(select(switches.c.is_on).where(switches.c.name == "rewards_stopped")).scalar()
    simulated_money = batch.simulated and batch.rail in MONEY_RAILS  # A test client is never paid money.
    withdrawn = not rewards_of(connection, found.id)  # Its claims were withdrawn: there is nothing to pay.
    return batch.approval != "waiting" and not stopped and not simulated_money and not withdrawn


def _last(connection: Connection, instruction_id: str) -> Attempt | None:
    query = select(payout_attempts).where(payout_attempts.c.instruction_id == instruction_id)
    row = connection.execute(query.order_by(payout_attempts.c.number.desc())).first()
    return None if row is None else Attempt(*row)


def _lock_attempt(connection: Connection, key: str) -> tuple[Attempt, Instruction]:
    row = connection.execute(select(payout_attempts).where(payout_attempts.c.key == key)).first()
    if row is None:
        raise BatchRefused(f"There is no attempt {key!r}.", remedy="Reconcile: the provider may have it.")
    found = lock_instruction(connection, row.instruction_id)
    row = connection.execute(select(payout_attempts).where(payout_attempts.c.key == key)).first()
    assert row is not None
    return Attempt(*row), found


def _end(connection: Connection, key: str, outcome: AttemptOutcome, *, code: str, at: datetime) -> None:
    connection.execute(
        update(payout_attempts).where(payout_attempts.c.key == key).values(outcome=outcome, code=code, ended_at=at)
    )


def _book(connection: Connection, found: Instruction, *, store: Store) -> None:
    booking: bookkeeping.Booking = "paid_out" if moves_money(connection, found) else "test_paid_out"
    for reward_id, cafe, simulated, ore in rewards_of(connection, found.id):
        bookkeeping.book(connection, booking, store=store, reward_id=reward_id, cafe=cafe, simulated=simulated, ore=ore)


def moves_money(connection: Connection, found: Instruction) -> bool:
    """Return whether an instruction's rail moves money."""
    query = select(payout_batches.c.rail).where(payout_batches.c.id == found.batch_id)
    return connection.execute(query).scalar_one() in MONEY_RAILS
