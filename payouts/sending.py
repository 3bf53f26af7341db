"""Sends payouts: schedule, manual trigger and retry all take this path, under the same key.

Each step either changes the store in one transaction or calls the provider, never both. After a crash at any of the
named failpoints the next call continues from the committed state.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Literal

from payouts.rail import Accepted, Order, Rail, Refused, Transfer, Unknown
from storage.store.engine import Store
from storage.store.payouts import attempts, batches, instruction_rows
from storage.store.payouts.attempts import Attempt
from storage.store.payouts.instruction_rows import UNFINISHED, Instruction

Failpoint = Literal["before_attempt", "after_attempt", "after_answer", "after_outcome"]
FAILPOINTS: tuple[Failpoint, ...] = ("before_attempt", "after_attempt", "after_answer", "after_outcome")


def _no_failpoint(_: Failpoint) -> None:
    pass


def advance(
    store: Store,
    rail: Rail,
    instruction: Instruction,
    *,
    retry_refused: bool = False,
    failpoint: Callable[[Failpoint], None] = _no_failpoint,
) -> None:
    """Advance an instruction by one step: request the transfer, or look up an expired attempt.

    Args:
        store: The store.
        rail: The provider.
        instruction: The payout.
        retry_refused: Whether a person retries a refused transfer.
        failpoint: Called at each failpoint; tests end the process there.

    Raises:
        BatchRefused: the payout was planned for another provider.
    """
    failpoint("before_attempt")
    attempt = attempts.begin_attempt(
        store,
        instruction.id,
        rail=rail.name,
        parameters=_parameters(store, rail, instruction),
        retry_refused=retry_refused,
    )
    if attempt is None:
        return
    failpoint("after_attempt")
    if attempt.key_expired(store.now()):
        _resolve(store, rail, attempt)
        return
    outcome = rail.send(Order(key=attempt.key, parameters=attempt.parameters))
    failpoint("after_answer")
    match outcome:
        case Accepted(reference):
            attempts.record_accepted(store, attempt.key, reference=reference)
        case Refused(code, curable):
            attempts.record_refused(store, attempt.key, code=code, curable=curable)
        case Unknown(code):
            attempts.record_unknown(store, attempt.key, code=code)
    failpoint("after_outcome")


def send_batch(
    store: Store,
    rail: Rail,
    batch_id: str,
    *,
    without: Collection[str] = (),
    withheld: Collection[str] = (),
    failpoint: Callable[[Failpoint], None] = _no_failpoint,
) -> None:
    """Advance every unfinished instruction of a batch, but send nothing that is to wait.

    Args:
        store: The store.
        rail: The provider.
        batch_id: The batch.
        without: Accounts to which nothing is sent.
        withheld: Instructions that are not sent.
        failpoint: Called at each failpoint.
    """
    for instruction in batches.instructions(store, batch_id):
        if instruction.account in without or instruction.id in withheld:
            if instruction.state == "in_flight":
                _resolve_if_expired(store, rail, instruction)
        elif instruction.state in UNFINISHED:
            advance(store, rail, instruction, failpoint=failpoint)


def _resolve_if_expired(store: Store, rail: Rail, instruction: Instruction) -> None:
    last = attempts.of_instruction(store, instruction.id)[-1]
    if last.outcome == "open" and last.key_expired(store.now()):
        _resolve(store, rail, last)


def _resolve(store: Store, rail: Rail, attempt: Attempt) -> None:
    found = rail.find_transfer(attempt.instruction_id)
    match found:
        case Transfer():
            attempts.record_accepted(store, attempt.key, reference=found.reference)
        case None:
            attempts.record_absent(store, attempt.key)
        case Unknown(code):
            attempts.record_unknown(store, attempt.key, code=code)


def _parameters(store: Store, rail: Rail, instruction: Instruction) -> str:
    with store.reading() as connection:
        rewards = instruction_rows.rewards_of(connection, instruction.id)
    return rail.parameters(
        instruction_id=instruction.id,
        batch_id=instruction.batch_id,
        account=instruction.account,
        amount_ore=instruction.amount_ore,
        reward_ids=tuple(reward_id for reward_id, *_ in rewards),
    )
