"""Reads the history of a payment, in order, from the tables that recorded it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from storage.store.engine import Store
from storage.store.schemas.core import audit_log
from storage.store.schemas.money import ledger, reward_decisions, reward_rulings, vouchers
from storage.store.schemas.payout import (
    payout_attempts,
    payout_batches,
    payout_claims,
    payout_instruction_rewards,
    payout_instructions,
    recipients,
)
from storage.store.schemas.provider import bank_payouts, onboardings, voucher_failures


@dataclass(frozen=True, slots=True)
class Change:
    """One change of state.

    Attributes:
        at: When.
        what: The change, `noun.verb`.
        subject: The reward, voucher, payout or batch.
        detail: Its code, reference or reason; never a guest's words.
        actor: The person or procedure, if recorded.
    """

    at: datetime
    what: str
    subject: str
    detail: str = ""
    actor: str = ""


def of_reward(store: Store, reward_id: str) -> list[Change]:
    """Return the history of a reward, its vouchers and its payout."""
    with store.reading() as connection:
        payout = connection.execute(
            select(payout_instruction_rewards.c.instruction_id).where(
                payout_instruction_rewards.c.reward_id == reward_id
            )
        ).scalar()
        found = list(_reward(connection, reward_id))
        if payout is not None:
            found += _payout(connection, payout)
    return _ordered(found)


def of_payout(store: Store, payout_id: str) -> list[Change]:
    """Return the history of a payout, its attempts, its batch and the recipient's bank payouts."""
    with store.reading() as connection:
        return _ordered(_payout(connection, payout_id))


def of_batch(store: Store, batch_id: str) -> list[Change]:
    """Return the history of a batch."""
    with store.reading() as connection:
        return _ordered(_batch(connection, batch_id))


def _ordered(found: Collection[Change]) -> list[Change]:
    return sorted(dict.fromkeys(found), key=lambda each: each.at)  # stable: equal times stay in order


def _reward(connection: Connection, reward_id: str) -> Iterator[Change]:
    decided = select(reward_decisions).where(reward_decisions.c.reward_id == reward_id)
    for row in connection.execute(decided):
        yield Change(row.decided_at, f"reward.{row.outcome}", reward_id, row.reason, row.decided_by)
    for row in connection.execute(select(reward_rulings).where(reward_rulings.c.reward_id == reward_id)):
        what = "reward.released" if row.released else "reward.refused"
        yield Change(row.ruled_at, what, reward_id, row.reason, row.actor)
    for row in connection.execute(select(vouchers).where(vouchers.c.reward_id == reward_id)):
        name = f"voucher {row.number}"
        yield Change(row.issued_at, "voucher.issued", name)
        if row.redeemed_at is not None:
            yield Change(row.redeemed_at, "voucher.redeemed", name, "", row.redeemed_by or "")
    for row in connection.execute(select(voucher_failures).where(voucher_failures.c.reward_id == reward_id)):
        yield Change(row.at, "voucher.could_not_be_redeemed", reward_id, row.why)
    asked = select(onboardings).where(onboardings.c.reward_id == reward_id)
    for row in connection.execute(asked):
        yield Change(row.asked_at, "account.asked_for", reward_id)
        if row.state != "asked":
            yield Change(row.changed_at, f"account.{row.state}", reward_id)
    for row in connection.execute(select(payout_claims).where(payout_claims.c.reward_id == reward_id)):
        yield Change(row.claimed_at, "reward.claimed", reward_id, row.rail, "guest")
    for row in connection.execute(select(ledger).where(ledger.c.reward_id == reward_id)):
        yield Change(row.booked_at, "books.booked", row.entry, f"{row.debit} to {row.credit}")
    yield from _audited(connection, [reward_id], but=("reward.claim", "reward.release", "reward.refuse"))


def _payout(connection: Connection, payout_id: str) -> list[Change]:
    row = connection.execute(select(payout_instructions).where(payout_instructions.c.id == payout_id)).first()
    if row is None:
        return []
    found = _batch(connection, row.batch_id)
    attempts = select(payout_attempts).where(payout_attempts.c.instruction_id == payout_id)
    for attempt in connection.execute(attempts):
        found.append(Change(attempt.begun_at, "payout.in_flight", payout_id, attempt.key))
        if attempt.ended_at is not None:
            ended = {"accepted": "payout.paid", "refused": "payout.refused", "absent": "payout.not_at_provider"}
            detail = (row.reference or "") if attempt.outcome == "accepted" else attempt.code
            found.append(Change(attempt.ended_at, ended[attempt.outcome], payout_id, detail))
    found.append(Change(row.changed_at, f"payout.{row.state}", payout_id, row.code or row.reference or ""))
    found += _audited(connection, [payout_id])
    account = connection.execute(select(recipients.c.account).where(recipients.c.id == row.recipient_id)).scalar()
    for bank in connection.execute(select(bank_payouts).where(bank_payouts.c.recipient_id == row.recipient_id)):
        found.append(Change(bank.changed_at, f"bank.{bank.state}", str(account), bank.failure_code or bank.id))
    return found


def _batch(connection: Connection, batch_id: str) -> list[Change]:
    row = connection.execute(select(payout_batches).where(payout_batches.c.id == batch_id)).first()
    if row is None:
        return []
    return [
        Change(row.planned_at, "batch.planned", batch_id),
        *_audited(connection, [batch_id]),
    ]


def _audited(connection: Connection, subjects: Collection[str], *, but: Collection[str] = ()) -> list[Change]:
    query = select(audit_log).where(audit_log.c.subject.in_(subjects), audit_log.c.action.not_in(but))
    return [Change(row.at, row.action, row.subject, row.reason, row.actor) for row in connection.execute(query)]
