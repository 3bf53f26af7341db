"""How recipients stand with the provider, and what becomes of their money after it left us."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, and_, delete, exists, func, insert, or_, select

from storage.store.engine import Store, serialise
from storage.store.payouts import attempts, claims, onboardings
from storage.store.payouts.batches import LEFT
from storage.store.payouts.claims import ClaimRefused, Recipient
from storage.store.schemas.payout import payout_claims, payout_instruction_rewards, payout_instructions, recipients
from storage.store.schemas.provider import bank_payouts, recipient_statuses
from storage.store.schemas.provider import onboardings as onboarding_rows

Transfers = Literal["inactive", "pending", "active", "gone"]
RETURNED_WITHIN = timedelta(days=7)  # A bank gives back what it cannot book within five of its days.
BankState = Literal["pending", "in_transit", "paid", "failed", "canceled"]


@dataclass(frozen=True, slots=True)
class RecipientStatus:
    """How a recipient stood when the provider was last asked.

    Attributes:
        recipient_id: Ours.
        transfers: Whether we may pay them; gone where they have taken their account away from us.
        details_submitted: Whether they have told the provider everything once.
        due: How many things the provider still wants to know.
        disabled_reason: The provider's code, empty where nothing is disabled.
        bank_fingerprint: The provider's one-way mark of the bank account.
        bank_last4: Its last four digits.
        checked_at: When the provider was asked.
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
        id: The provider's.
        recipient_id: Ours.
        amount_ore: How much.
        state: How it stood when the provider was asked.
        failure_code: Why it failed; empty where it did not.
        arrives_on: When the bank should have it.
        changed_at: When the provider was asked.
        made_at: When the provider made it; None where it was kept by a release that did not ask.
    """

    id: str
    recipient_id: str
    amount_ore: int
    state: BankState
    failure_code: str
    arrives_on: date | None
    changed_at: datetime
    made_at: datetime | None


def save(store: Store, standing: RecipientStatus) -> None:
    """Keep a standing, unless a newer one is there; then claim what waited for it, and plan again what was refused."""
    with store.begin() as connection:
        serialise(connection, f"standing:{standing.recipient_id}")
        known = _find(connection, standing.recipient_id)
        if known is not None and known.checked_at > standing.checked_at:
            return
        mine = recipient_statuses.c.recipient_id == standing.recipient_id
        connection.execute(delete(recipient_statuses).where(mine))
        values = {name: getattr(standing, name) for name in RecipientStatus.__dataclass_fields__}
        connection.execute(insert(recipient_statuses).values(values))
    claim_ready(store, standing.recipient_id)
    if standing.transfers == "active":
        attempts.plan_again(store, standing.recipient_id, able_at=standing.checked_at)


def claim_ready(store: Store, recipient_id: str) -> int:
    """Claim the rewards that waited for a recipient's account, where it is ready now; return how many.

    Each is claimed in a transaction of its own, which takes its voucher back; where that is gone already (redeemed,
    lapsed), the wish lapses.
    """
    standing = find(store, recipient_id)
    who = recipient(store, recipient_id)
    if standing is None or who is None or standing.transfers != "active":
        return 0
    claimed = 0
    for each in onboardings.of_recipient(store, recipient_id, state="asked"):
        try:
            claims.claim(store, each.reward_id, by=who)
        except ClaimRefused:
            onboardings.end(store, each.reward_id, "lapsed")
        else:
            onboardings.end(store, each.reward_id, "claimed")
            claimed += 1
    return claimed


def find(store: Store, recipient_id: str) -> RecipientStatus | None:
    """Return how a recipient stood last; None where the provider was never asked."""
    with store.reading() as connection:
        return _find(connection, recipient_id)


def recipient(store: Store, recipient_id: str) -> Recipient | None:
    """Return a recipient by our name."""
    with store.reading() as connection:
        row = connection.execute(select(recipients).where(recipients.c.id == recipient_id)).first()
    return None if row is None else Recipient(row.id, row.rail, row.account, row.simulated, row.added_at)


def by_account(store: Store, *, rail: str, account: str) -> Recipient | None:
    """Return a recipient by the provider's name."""
    query = select(recipients).where(recipients.c.rail == rail, recipients.c.account == account)
    with store.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else Recipient(row.id, row.rail, row.account, row.simulated, row.added_at)


def unsettled(store: Store, *, rail: str, told_for: timedelta) -> list[Recipient]:
    """Return the recipients of a rail of whose money something may still be told, the newest first.

    That is whoever wants or has claimed a reward, or has a payout that is not on their bank account for good. Who has
    taken their account away is not asked about.

    Args:
        store: The store.
        rail: The rail.
        told_for: How long after a payout the provider still tells something of it.
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
    # Nothing lies in a payout whose claims were taken back.
    wanted = exists().where(payout_instruction_rewards.c.instruction_id == payout_instructions.c.id)
    sent = exists().where(
        payout_instructions.c.recipient_id == who,
        or_(and_(~left, wanted), and_(left, payout_instructions.c.changed_at >= now - told_for, ~arrived)),
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


def same_bank(store: Store, recipient_id: str) -> frozenset[str]:
    """Return the other recipients of the same rail whose bank account is the same one."""
    with store.reading() as connection:
        return sharing_bank(connection, recipient_id)


def sharing_bank(connection: Connection, recipient_id: str) -> frozenset[str]:
    """Return what `same_bank` does, within a transaction."""
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
    """Keep a bank payout as the provider has it now, unless something newer is kept."""
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
