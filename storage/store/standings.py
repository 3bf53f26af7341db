"""How recipients stand with the provider, and what its own payouts to their banks came to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import delete, insert, select

from storage.store import claims, onboardings
from storage.store.claims import ClaimRefused
from storage.store.engine import Store, serialise
from storage.store.provider_schema import bank_payouts, recipient_standings

Transfers = Literal["inactive", "pending", "active", "gone"]
BankState = Literal["pending", "in_transit", "paid", "failed", "canceled"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A recipient as the provider had them at `checked_at`.

    Attributes:
        recipient_id: Whose.
        transfers: Whether they can be paid; gone: the account was closed or taken from us.
        details_submitted: Whether they went through the provider's questions once.
        due: How many things the provider still asks of them.
        disabled_reason: The provider's reason why the account is closed or limited; empty for none.
        bank_fingerprint: The provider's one-way mark of the bank account.
        bank_last4: Its last four characters.
        checked_at: When the provider was asked, UTC.
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
    """A payout of the provider's, from a recipient's balance to their bank."""

    id: str
    recipient_id: str
    amount_ore: int
    state: BankState
    failure_code: str
    arrives_on: date | None
    changed_at: datetime


_STANDING = tuple(recipient_standings.c[name] for name in Standing.__dataclass_fields__)
_BANK = tuple(bank_payouts.c[name] for name in BankPayout.__dataclass_fields__)


def save(store: Store, standing: Standing) -> None:
    """Keep a standing, the newest one; where they can be paid, what they wait for is claimed in their vouchers' place.

    Whatever ends in between is done by the next call: claiming again changes nothing.
    """
    mine = recipient_standings.c.recipient_id == standing.recipient_id
    with store.begin() as connection:
        serialise(connection, f"standing:{standing.recipient_id}")
        known = connection.execute(select(recipient_standings.c.checked_at).where(mine)).scalar()
        if known is None or known <= standing.checked_at:
            connection.execute(delete(recipient_standings).where(mine))
            connection.execute(insert(recipient_standings).values(asdict(standing)))
    newest = find(store, standing.recipient_id)
    if newest is not None and newest.transfers == "active":
        _claim(store, standing.recipient_id)


def find(store: Store, recipient_id: str) -> Standing | None:
    """Return a recipient's standing, None where the provider was never asked."""
    with store.reading() as connection:
        row = connection.execute(select(*_STANDING).where(recipient_standings.c.recipient_id == recipient_id)).first()
    return None if row is None else Standing(*row)


def same_bank(store: Store, standing: Standing) -> list[str]:
    """Return the other recipients with this one's bank account."""
    if standing.bank_fingerprint is None:
        return []
    query = (
        select(recipient_standings.c.recipient_id)
        .where(
            recipient_standings.c.bank_fingerprint == standing.bank_fingerprint,
            recipient_standings.c.recipient_id != standing.recipient_id,
        )
        .order_by(recipient_standings.c.recipient_id)
    )
    with store.reading() as connection:
        return list(connection.execute(query).scalars())


def save_bank_payout(store: Store, payout: BankPayout) -> None:
    """Keep a bank payout, the newest word of it."""
    mine = bank_payouts.c.id == payout.id
    with store.begin() as connection:
        serialise(connection, f"bank payout:{payout.id}")
        known = connection.execute(select(bank_payouts.c.changed_at).where(mine)).scalar()
        if known is None or known <= payout.changed_at:
            connection.execute(delete(bank_payouts).where(mine))
            connection.execute(insert(bank_payouts).values(asdict(payout)))


def bank_payouts_of(store: Store, recipient_id: str) -> list[BankPayout]:
    """Return a recipient's bank payouts, the newest word first."""
    query = select(*_BANK).where(bank_payouts.c.recipient_id == recipient_id)
    with store.reading() as connection:
        return [BankPayout(*row) for row in connection.execute(query.order_by(bank_payouts.c.changed_at.desc()))]


def _claim(store: Store, recipient_id: str) -> None:
    waiting = onboardings.of_recipient(store, recipient_id, state="asked")
    by = claims.find_recipient(store, recipient_id) if waiting else None
    for each in waiting:
        if by is None:
            return
        try:
            claims.claim(store, each.reward_id, by=by)
        except ClaimRefused:
            onboardings.end(store, each.reward_id, state="lapsed")
        else:
            onboardings.end(store, each.reward_id, state="claimed")
