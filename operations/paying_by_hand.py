"""Sends one payout by hand: the command and the page share this path, its guards and its audit entry."""

from __future__ import annotations

from operations.watch.money.money_gate import MoneyGate
from payouts.rail import Rail, Unknown
from payouts.reconciling import pay_one
from storage.errors import StorageError
from storage.home import Home
from storage.store import audit
from storage.store.payouts import batches, rail_payouts
from storage.store.payouts.instruction_rows import Instruction


class NotSent(StorageError):
    """A guard withholds the payout; nothing was sent."""


class Withheld(NotSent):
    """The day or a session of the payout's rewards no longer passes the quality checks."""


class Unexplained(NotSent):
    """The recipient has transfers that the books do not explain."""


def pay_by_hand(
    home: Home, rail: Rail, instruction_id: str, *, retry_refused: bool, actor: str, reason: str
) -> Instruction:
    """Advance one payout now, on the watch's path and with its key, so that it cannot be paid twice.

    Args:
        home: The home.
        rail: The provider.
        instruction_id: The payout.
        retry_refused: Whether to retry a definitely refused or provably absent transfer under a new key.
        actor: Who triggers it, for the audit log.
        reason: Why, for the audit log.

    Raises:
        Withheld: the quality gate holds one of its rewards back.
        Unexplained: its recipient has transfers that the books do not explain.
        BatchRefused: there is no such payout, or it is of another rail.
        ProviderError: the provider does not answer.
    """
    store = home.store()
    found = rail_payouts.find_instruction(store, instruction_id, rail=rail.name)
    batch = batches.find_batch(store, found.batch_id)
    if instruction_id in MoneyGate(home).withheld(rail.name, simulated=batch.simulated):
        raise Withheld(
            "Not sent: the day or a session of its rewards no longer passes the quality checks.",
            remedy="See `pilot quality`; once they pass, a planned payout is sent by itself.",
        )
    with store.begin() as connection:
        verb = "retry" if retry_refused else "trigger"
        audit.record(connection, actor=actor, action=f"payout.{verb}", subject=instruction_id, reason=reason)
    done = pay_one(store, rail, instruction_id, retry_refused=retry_refused, actor=actor)
    if isinstance(done, Unknown):
        raise Unexplained(
            "Not sent: the recipient's transfers differ from the books.",
            remedy="Run `pilot payout reconcile`, and resolve the differences first.",
        )
    return done
