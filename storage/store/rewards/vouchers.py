"""Vouchers: issued for a reward, redeemed once at the till, undone within a minute, or replaced.

The store has only a code's keyed hash; the installation's key is needed to show the code again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, func, insert, select, update

from pilot.business_days import business_day
from storage.errors import StorageError
from storage.store import audit, outbox
from storage.store.engine import Store, serialise
from storage.store.ledger import bookkeeping
from storage.store.rewards import freezing, redemptions
from storage.store.schemas.money import vouchers
from storage.store.schemas.payout import payout_claims

UNDO_SECONDS = 60

State = Literal["issued", "redeemed", "expired", "cancelled"]
Answer = Literal["redeemed", "already_redeemed", "other_cafe", "expired", "cancelled", "frozen", "unknown"]


class VoucherRefused(StorageError):
    """The voucher's state does not allow the operation."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """The installation's issuer of vouchers.

    Attributes:
        code_hash: Returns the hash of the code of a reward's n-th voucher.
        valid: The period of validity.
        reward_id: Returns the identifier of a session's reward.
    """

    code_hash: Callable[[str, int], str]
    valid: timedelta
    reward_id: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Voucher:
    """One voucher; `number` is 1 for a reward's first and rises with each replacement."""

    code_hash: str
    reward_id: str
    number: int
    cafe: str
    simulated: bool
    amount_ore: int
    state: State
    issued_at: datetime
    expires_at: datetime
    redeemed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Redemption:
    """The answer to the till, with the voucher if it is this café's."""

    answer: Answer
    voucher: Voucher | None = None


_COLUMNS = tuple(vouchers.c[name] for name in Voucher.__dataclass_fields__)


def issue(
    connection: Connection, *, store: Store, issuer: Issuer, reward_id: str, cafe: str, simulated: bool, ore: int
) -> None:
    """Issue a reward's next voucher within a transaction that has locked the reward's café.

    A redemption that was kept through a restore is booked on it at once. It is frozen if the reward may have been paid
    between backup and restore.
    """
    last = connection.execute(select(func.max(vouchers.c.number)).where(vouchers.c.reward_id == reward_id)).scalar()
    number = (last or 0) + 1
    while connection.execute(
        select(vouchers.c.number).where(vouchers.c.code_hash == issuer.code_hash(reward_id, number))
    ).first():
        number += 1  # Another reward has this code.
    at = store.now()
    connection.execute(
        insert(vouchers).values(
            code_hash=issuer.code_hash(reward_id, number),
            reward_id=reward_id,
            number=number,
            cafe=cafe,
            simulated=simulated,
            amount_ore=ore,
            state="issued",
            issued_at=at,
            expires_at=at + issuer.valid,
        )
    )
    if freezing.may_be_paid_before_restore(connection, reward_id):
        freezing.freeze(connection, [reward_id], at=at)
    redemptions.book_kept(connection, store=store, reward_id=reward_id)


def redeem(store: Store, code_hash: str, *, cafe: str, actor: str, request: str) -> Redemption:
    """Redeem a voucher at a café's till.

    Args:
        store: The store.
        code_hash: The hash of the typed or scanned code.
        cafe: The till's café.
        actor: The till's user.
        request: The id of the tap: repeated after a lost answer it returns `redeemed` again while that can be undone,
            and books nothing; a page reopened later redeems nothing twice.
    """
    with store.begin() as connection:
        row = _lock_voucher(connection, code_hash)
        if row is None:
            return Redemption("unknown")
        voucher = Voucher(*row[:-1])
        at = store.now()
        if voucher.cafe != cafe:
            return Redemption("other_cafe")
        if voucher.redeemed_at is not None:
            young = at - voucher.redeemed_at <= timedelta(seconds=UNDO_SECONDS)
            return Redemption("redeemed" if young and row.request == request else "already_redeemed", voucher)
        if voucher.state == "issued" and at >= voucher.expires_at:
            _lapse(connection, voucher, store=store)
            return Redemption("expired", voucher)
        if voucher.state in ("expired", "cancelled"):
            return Redemption("expired" if voucher.state == "expired" else "cancelled", voucher)
        if freezing.is_frozen(connection, [voucher.reward_id]):
            return Redemption("frozen", voucher)
        _set(connection, voucher, state="redeemed", redeemed_at=at, redeemed_by=actor, request=request)
        _book(connection, "redeemed", voucher, store=store)
        redemptions.end_onboarding(connection, voucher.reward_id, at=at)
        audit.record(connection, actor=actor, action="voucher.redeem", subject=voucher.reward_id, at=at)
        outbox.touch(connection, day=business_day(at), reason="voucher", at=at)
        return Redemption("redeemed", Voucher(*_lock_known(connection, code_hash)[:-1]))


def undo(store: Store, code_hash: str, *, cafe: str, actor: str) -> Voucher:
    """Undo a redemption within `UNDO_SECONDS`; repeated, it changes nothing.

    Raises:
        VoucherRefused: it is another café's, was not redeemed, or too long ago.
    """
    with store.begin() as connection:
        row = _lock_voucher(connection, code_hash)
        if row is None or row.cafe != cafe:
            raise VoucherRefused("There is no such voucher at this café.", remedy="Check the code.")
        voucher = Voucher(*row[:-1])
        at = store.now()
        if voucher.state == "issued":
            return voucher
        if voucher.redeemed_at is None or voucher.state != "redeemed":
            raise VoucherRefused("The voucher has not been redeemed.", remedy="There is nothing to undo.")
        if at - voucher.redeemed_at > timedelta(seconds=UNDO_SECONDS):
            raise VoucherRefused(
                f"The voucher was redeemed more than {UNDO_SECONDS} seconds ago.",
                remedy="Ask the pilot's support to replace it.",
            )
        _set(connection, voucher, state="issued", redeemed_at=None, redeemed_by=None, request=None)
        _book(connection, "undone", voucher, store=store)
        audit.record(connection, actor=actor, action="voucher.undo", subject=voucher.reward_id, at=at)
        outbox.touch(connection, day=business_day(voucher.redeemed_at), reason="voucher", at=at)
        return Voucher(*_lock_known(connection, code_hash)[:-1])


def expire_due(store: Store) -> int:
    """Expire every voucher past its validity; return their number."""
    with store.reading() as connection:
        due = connection.execute(
            select(vouchers.c.code_hash).where(vouchers.c.state == "issued", vouchers.c.expires_at <= store.now())
        ).scalars()
        hashes = list(due)
    lapsed = 0
    for code_hash in hashes:
        with store.begin() as connection:
            row = _lock_voucher(connection, code_hash)
            if row is not None and row.state == "issued" and row.expires_at <= store.now():
                _lapse(connection, Voucher(*row[:-1]), store=store)
                lapsed += 1
    return lapsed


def replace(store: Store, reward_id: str, *, issuer: Issuer, actor: str, reason: str) -> Voucher:
    """Issue a new voucher for a lost or expired one, and invalidate the old code.

    Raises:
        VoucherRefused: there is no voucher, it was redeemed, or the reward was claimed for an account.
    """
    with store.begin() as connection:
        last = _last(connection, reward_id)
        if last is None:
            raise VoucherRefused("The reward has no voucher.", remedy="Release it first, if it is held.")
        locked = _lock_known(connection, last.code_hash)
        voucher = Voucher(*locked[:-1])
        if voucher.state == "redeemed":
            raise VoucherRefused("The voucher has been redeemed.", remedy="A reward is paid once; there is no second.")
        claimed = select(payout_claims.c.reward_id).where(payout_claims.c.reward_id == reward_id)
        if connection.execute(claimed).first() is not None:
            raise VoucherRefused(
                "The reward was claimed for a bank account, and is paid once.",
                remedy="See where it is: `pilot payout show`.",
            )
        if voucher.state == "cancelled":
            raise VoucherRefused("The voucher was replaced meanwhile.", remedy="Show the guest the receipt.")
        if voucher.state == "issued":
            _set(connection, voucher, state="cancelled")
        else:
            _book(connection, "owed_again", voucher, store=store)
        issue(
            connection,
            store=store,
            issuer=issuer,
            reward_id=reward_id,
            cafe=voucher.cafe,
            simulated=voucher.simulated,
            ore=voucher.amount_ore,
        )
        audit.record(
            connection, actor=actor, action="voucher.replace", subject=reward_id, reason=reason, at=store.now()
        )
        outbox.touch(connection, day=business_day(store.now()), reason="voucher", at=store.now())
        new = _last(connection, reward_id)
        assert new is not None
        return new


def of_reward(store: Store, reward_id: str) -> Voucher | None:
    """Return a reward's newest voucher."""
    with store.reading() as connection:
        return _last(connection, reward_id)


def find(store: Store, code_hash: str) -> Voucher | None:
    """Return the voucher of a code's hash."""
    with store.reading() as connection:
        row = connection.execute(select(*_COLUMNS).where(vouchers.c.code_hash == code_hash)).first()
        return None if row is None else Voucher(*row)


def _last(connection: Connection, reward_id: str) -> Voucher | None:
    query = select(*_COLUMNS).where(vouchers.c.reward_id == reward_id).order_by(vouchers.c.number.desc())
    row = connection.execute(query).first()
    return None if row is None else Voucher(*row)


def _lock_voucher(connection: Connection, code_hash: str) -> Any:
    """Lock a voucher until the transaction ends, and return it."""
    serialise(connection, f"voucher:{code_hash}")
    query = select(*_COLUMNS, vouchers.c.request).where(vouchers.c.code_hash == code_hash)
    return connection.execute(query).first()


def _lock_known(connection: Connection, code_hash: str) -> Any:
    row = _lock_voucher(connection, code_hash)
    assert row is not None
    return row


def _set(connection: Connection, voucher: Voucher, **values: object) -> None:
    connection.execute(update(vouchers).where(vouchers.c.code_hash == voucher.code_hash).values(**values))


def _lapse(connection: Connection, voucher: Voucher, *, store: Store) -> None:
    _set(connection, voucher, state="expired")
    outbox.touch(connection, day=business_day(voucher.expires_at), reason="voucher", at=store.now())
    _book(connection, "lapsed", voucher, store=store)
    redemptions.end_onboarding(connection, voucher.reward_id, at=store.now())


def _book(connection: Connection, booking: bookkeeping.Booking, voucher: Voucher, *, store: Store) -> None:
    bookkeeping.book(
        connection,
        booking,
        store=store,
        reward_id=voucher.reward_id,
        cafe=voucher.cafe,
        simulated=voucher.simulated,
        ore=voucher.amount_ore,
    )
