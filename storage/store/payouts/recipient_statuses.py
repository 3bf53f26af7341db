"""The status of recipients at the provider, and of its payouts to their banks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, and_, delete, exists, func, insert, or_, select

from storage.store.engine import Store, serialise
from storage.store.payouts import attempts, claims, onboardings
from storage.store.payouts.claims import ClaimRefused, Recipient, RewardFrozen
from storage.store.payouts.instruction_rows import LEFT
from storage.store.schemas.payout import payout_claims, payout_instruction_rewards, payout_instructions, recipients
from storage.store.schemas.provider import bank_payouts, recipient_statuses
from storage.store.schemas.provider import onboardings as onboarding_rows

Transfers = Literal["inactive", "pending", "active", "gone"]
RETURNED_WITHIN = timedelta(days=7)  # A bank returns a failed payment within five banking days.
BankState = Literal["pending", "in_transit", "paid", "failed", "canceled"]


@dataclass(frozen=True, slots=True)
class RecipientStatus:
    """A recipient's status when the provider was last polled.

    Attributes:
        recipient_id: Our id.
        transfers: Whether they can be paid; gone if they have disconnected their account.
        details_submitted: Whether they completed the provider's onboarding.
        due: The number of details that the provider still requires.
        disabled_reason: The provider's code; empty if nothing is disabled.
        bank_fingerprint: The provider's one-way fingerprint of the bank account.
        bank_last4: Its last four digits.
        checked_at: When the provider was polled, UTC.
    """

    recipient_id: str
    transfers: Transfers
    details_submitted: bool
    due: int
    disabled_reason: str
    bank_fingerprint: str | None
    bank_last4: str | None
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class BankPayout:
    """One payout of the provider from a recipient's balance to their bank.

    Attributes:
        id: The provider's id.
        recipient_id: Our id of the recipient.
        amount_ore: The amount.
        state: Its state when the provider was polled.
        failure_code: The provider's code; empty unless it failed.
        arrives_on: The expected day of arrival.
        changed_at: When the provider was polled, UTC.
        made_at: When the provider created it; None for rows of older versions.
    """

    id: str
    recipient_id: str
    amount_ore: int
    state: BankState
    failure_code: str
    arrives_on: date | None
    changed_at: datetime
    made_at: datetime | None


def save(store: Store, status: RecipientStatus) -> None:
    """Save a status unless a newer one exists; then claim waiting rewards and plan refused payouts again."""
    with store.begin() as connection:
        serialise(connection, f"recipient_status:{status.recipient_id}")
        known = _find(connection, status.recipient_id)
        if known is not None and known.checked_at > status.checked_at:
            return
        mine = recipient_statuses.c.recipient_id == status.recipient_id
        connection.execute(delete(recipient_statuses).where(mine))
        values = {name: getattr(status, name) for name in RecipientStatus.__dataclass_fields__}
        connection.execute(insert(recipient_statuses).values(values))
    claim_ready(store, status.recipient_id)
    if status.transfers == "active":
        attempts.plan_again(store, status.recipient_id, able_at=status.checked_at)


def claim_ready(store: Store, recipient_id: str) -> int:
    """Claim the rewards that wait for a recipient's account if it is ready; return their number.

    Each is claimed in a transaction of its own, which cancels its voucher. If the voucher was redeemed or has lapsed,
    the onboarding lapses. A frozen reward waits.
    """
    status = find(store, recipient_id)
    who = recipient(store, recipient_id)
    if status is None or who is None or status.transfers != "active":
        return 0
    claimed = 0
    for each in onboardings.of_recipient(store, recipient_id, state="asked"):
        try:
            claims.claim(store, each.reward_id, by=who)
        except RewardFrozen:
            continue  # claimed once a person has released it
        except ClaimRefused:
            onboardings.end(store, each.reward_id, "lapsed")
        else:
            onboardings.end(store, each.reward_id, "claimed")
            claimed += 1
    return claimed


def find(store: Store, recipient_id: str) -> RecipientStatus | None:
    """Return a recipient's last status, None before the first poll."""
    with store.reading() as connection:
        return _find(connection, recipient_id)


def recipient(store: Store, recipient_id: str) -> Recipient | None:
    """Return a recipient by our id."""
    with store.reading() as connection:
        row = connection.execute(select(recipients).where(recipients.c.id == recipient_id)).first()
    return None if row is None else Recipient(row.id, row.rail, row.account, row.simulated, row.added_at)


def by_account(store: Store, *, rail: str, account: str) -> Recipient | None:
    """Return the recipient of an account at the provider."""
    query = select(recipients).where(recipients.c.rail == rail, recipients.c.account == account)
    with store.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else Recipient(row.id, row.rail, row.account, row.simulated, row.added_at)


def unsettled(store: Store, *, rail: str, listed_for: timedelta) -> list[Recipient]:
    """Return a rail's recipients with unsettled money, newest first.

    They wait for a reward, have claimed one, or have a payout that has not reached their bank for good. Recipients
    who disconnected their account are left out.

    Args:
        store: The store.
        rail: The rail.
        listed_for: The period after a payout in which the provider lists its events.
    """
    now, who = store.now(), recipients.c.id
    wish = exists().where(onboarding_rows.c.recipient_id == who, onboarding_rows.c.state == "asked")
    placed = exists().where(payout_instruction_rewards.c.reward_id == payout_claims.c.reward_id)
    claimed = exists().where(payout_claims.c.recipient_id == who, ~placed)
    arrived = exists().where(
        bank_payouts.c.recipient_id == who,
        bank_payouts.c.state == "paid",
        bank_payouts.c.changed_at >= payout_instructions.c.changed_at,
        bank_payouts.c.changed_at < now - RETURNED_WITHIN,
    )
    left = payout_instructions.c.state.in_(LEFT)
    # A payout without rewards had its claims withdrawn.
    wanted = exists().where(payout_instruction_rewards.c.instruction_id == payout_instructions.c.id)
    sent = exists().where(
        payout_instructions.c.recipient_id == who,
        or_(and_(~left, wanted), and_(left, payout_instructions.c.changed_at >= now - listed_for, ~arrived)),
    )
    later = bank_payouts.alias("later")
    better = exists().where(
        later.c.recipient_id == who, later.c.state == "paid", later.c.changed_at >= bank_payouts.c.changed_at
    )
    at_the_bank = exists().where(
        bank_payouts.c.recipient_id == who, bank_payouts.c.state.not_in(("paid", "canceled")), ~better
    )
    query = (
        select(recipients)
        .outerjoin(recipient_statuses, recipient_statuses.c.recipient_id == who)
        .where(
            recipients.c.rail == rail,
            func.coalesce(recipient_statuses.c.transfers, "") != "gone",
            or_(wish, claimed, sent, at_the_bank),
        )
        .order_by(recipients.c.added_at.desc(), who)
    )
    with store.reading() as connection:
        rows = connection.execute(query).all()
    return [Recipient(row.id, row.rail, row.account, row.simulated, row.added_at) for row in rows]


def sharing_bank(connection: Connection, recipient_id: str) -> frozenset[str]:
    """Return the other recipients of the rail with the same bank account."""
    mine, theirs = recipient_statuses.alias("mine"), recipient_statuses.alias("theirs")
    me, them = recipients.alias("me"), recipients.alias("them")
    query = (
        select(theirs.c.recipient_id)
        .join(mine, mine.c.bank_fingerprint == theirs.c.bank_fingerprint)
        .join(me, me.c.id == mine.c.recipient_id)
        .join(them, them.c.id == theirs.c.recipient_id)
        .where(mine.c.recipient_id == recipient_id, theirs.c.recipient_id != recipient_id, me.c.rail == them.c.rail)
    )
    return frozenset(connection.execute(query).scalars())


def save_bank_payout(store: Store, payout: BankPayout) -> None:
    """Save the provider's current bank payout unless a newer one is saved."""
    with store.begin() as connection:
        serialise(connection, f"bank_payout:{payout.id}")
        known = connection.execute(select(bank_payouts.c.changed_at).where(bank_payouts.c.id == payout.id)).scalar()
        if known is not None and known > payout.changed_at:
            return
        connection.execute(delete(bank_payouts).where(bank_payouts.c.id == payout.id))
        values = {name: getattr(payout, name) for name in BankPayout.__dataclass_fields__}
        connection.execute(insert(bank_payouts).values(values))


def _find(connection: Connection, recipient_id: str) -> RecipientStatus | None:
    query = select(recipient_statuses).where(recipient_statuses.c.recipient_id == recipient_id)
    row = connection.execute(query).first()
    return None if row is None else RecipientStatus(*row)
