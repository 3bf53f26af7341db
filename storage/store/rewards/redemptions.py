"""Redemptions that outlive the store: exported beside the backups, and booked again after a restore.

A redemption is kept by its reward until it can be booked: its reward may not be decided, released or unclaimed yet.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from pilot.business_days import business_day
from storage.store import audit, outbox
from storage.store.engine import Store, serialise
from storage.store.ledger import bookkeeping
from storage.store.privacy.money_erasure import PSEUDONYM
from storage.store.rewards import freezing
from storage.store.schemas.core import audit_log
from storage.store.schemas.money import kept_redemptions, reward_decisions, vouchers
from storage.store.schemas.provider import onboardings

ACTOR = "restore"
UNDONE = "voucher.undo"


@dataclass(frozen=True, slots=True)
class RedeemedReward:
    """A reward whose voucher was redeemed.

    Attributes:
        reward_id: The reward.
        derived_id: The identifier under which its session is decided anew; differs for old rewards only.
        cafe: The café that redeemed it.
        simulated: Whether a simulator or a test client earned it.
        amount_ore: Its amount.
        redeemed_at: When, UTC.
    """

    reward_id: str
    derived_id: str
    cafe: str
    simulated: bool
    amount_ore: int
    redeemed_at: datetime


def redeemed_since(store: Store, since: datetime, *, derive: Callable[[str], str]) -> list[RedeemedReward]:
    """Return the rewards redeemed since a moment, in order.

    Args:
        store: The store.
        since: The moment.
        derive: Returns the identifier of a session's reward.
    """
    query = (
        select(
            vouchers.c.reward_id, reward_decisions.c.session_id, vouchers.c.cafe, vouchers.c.simulated,
            vouchers.c.amount_ore, vouchers.c.redeemed_at,
        )
        .join(reward_decisions, reward_decisions.c.reward_id == vouchers.c.reward_id)
        .where(vouchers.c.state == "redeemed", vouchers.c.redeemed_at >= since)
        .order_by(vouchers.c.redeemed_at, vouchers.c.reward_id)
    )  # fmt: skip
    with store.reading() as connection:
        return [
            RedeemedReward(reward_id, reward_id if session_id.startswith(PSEUDONYM) else derive(session_id), *rest)
            for reward_id, session_id, *rest in connection.execute(query)
        ]


def undone_since(store: Store, since: datetime) -> list[tuple[str, datetime]]:
    """Return the rewards whose redemption was undone since a moment, each with its time."""
    query = select(audit_log.c.subject, audit_log.c.at).where(audit_log.c.action == UNDONE, audit_log.c.at >= since)
    with store.reading() as connection:
        return [(row.subject, row.at) for row in connection.execute(query.order_by(audit_log.c.at))]


def is_known(store: Store, redeemed: RedeemedReward) -> bool:
    """Return whether a redemption is booked, or kept until it can be."""
    ids = [redeemed.reward_id, redeemed.derived_id]
    booked = select(vouchers.c.reward_id).where(vouchers.c.reward_id.in_(ids), vouchers.c.state == "redeemed")
    waiting = select(kept_redemptions.c.reward_id).where(kept_redemptions.c.reward_id.in_(ids))
    with store.reading() as connection:
        return any(connection.execute(query).first() is not None for query in (booked, waiting))


def has_any(store: Store, reward_ids: Collection[str]) -> bool:
    """Return whether the store has decided any of the rewards, or keeps a redemption of one."""
    asked = set(reward_ids)
    with store.reading() as connection:
        return any(
            not asked.isdisjoint(connection.execute(select(column)).scalars())
            for column in (reward_decisions.c.reward_id, kept_redemptions.c.reward_id)
        )


def keep(connection: Connection, redeemed: Collection[RedeemedReward]) -> list[str]:
    """Keep redemptions that the store does not know; return their rewards."""
    serialise(connection, "kept_redemptions")
    decided = set(connection.execute(select(reward_decisions.c.reward_id)).scalars())
    redeemed = [each if each.reward_id in decided else replace(each, reward_id=each.derived_id) for each in redeemed]
    kept = set(connection.execute(select(kept_redemptions.c.reward_id)).scalars())
    booked = set(connection.execute(select(vouchers.c.reward_id).where(vouchers.c.state == "redeemed")).scalars())
    new = {each.reward_id: each for each in redeemed if each.reward_id not in kept | booked}
    for each in new.values():
        connection.execute(
            insert(kept_redemptions).values(
                reward_id=each.reward_id, cafe=each.cafe, simulated=each.simulated, amount_ore=each.amount_ore,
                redeemed_at=each.redeemed_at,
            )
        )  # fmt: skip
    return list(new)


def kept_amount(connection: Connection, reward_id: str) -> int | None:
    """Return the öre of a reward's kept redemption; None if there is none."""
    query = select(kept_redemptions.c.amount_ore).where(kept_redemptions.c.reward_id == reward_id)
    return connection.execute(query).scalar()


def kept_redemptions_of(store: Store) -> list[str]:
    """Return the rewards with a redemption that is not booked yet, by id."""
    with store.reading() as connection:
        return sorted(connection.execute(select(kept_redemptions.c.reward_id)).scalars())


def book_kept(connection: Connection, *, store: Store, reward_id: str) -> bool:
    """Book a reward's kept redemption on its valid voucher; return whether there were both.

    If the voucher was redeemed meanwhile, that was booked, and the kept redemption is only removed.
    """
    if kept_amount(connection, reward_id) is None:
        return False
    voucher = _lock_newest_voucher(connection, reward_id)
    kept = connection.execute(select(kept_redemptions).where(kept_redemptions.c.reward_id == reward_id)).first()
    if voucher is None or voucher.state not in ("issued", "redeemed"):
        return False
    connection.execute(delete(kept_redemptions).where(kept_redemptions.c.reward_id == reward_id))
    if kept is None or voucher.state == "redeemed":
        return bool(voucher.state == "redeemed")
    booked = {"state": "redeemed", "redeemed_at": kept.redeemed_at, "redeemed_by": f"till:{kept.cafe}"}
    connection.execute(update(vouchers).where(vouchers.c.code_hash == voucher.code_hash).values(booked))
    bookkeeping.book(
        connection, "redeemed", store=store, reward_id=reward_id, cafe=voucher.cafe, simulated=voucher.simulated,
        ore=voucher.amount_ore,
    )  # fmt: skip
    freezing.thaw(connection, [reward_id])
    end_onboarding(connection, reward_id, at=store.now())
    audit.record(connection, actor=ACTOR, action="voucher.redeem", subject=reward_id, at=store.now())
    outbox.touch(connection, day=business_day(kept.redeemed_at), reason="voucher", at=store.now())
    return True


def _lock_newest_voucher(connection: Connection, reward_id: str) -> Row[Any] | None:
    """Lock a reward's newest voucher as the till does, and return it as it is under the lock."""
    newest = select(vouchers).where(vouchers.c.reward_id == reward_id).order_by(vouchers.c.number.desc())
    voucher = connection.execute(newest).first()
    locked = None
    while voucher is not None and voucher.code_hash != locked:
        serialise(connection, f"voucher:{voucher.code_hash}")
        locked = voucher.code_hash
        voucher = connection.execute(newest).first()  # It may have been replaced while this waited.
    return voucher


def end_onboarding(connection: Connection, reward_id: str, *, at: datetime) -> None:
    """End a pending onboarding, so that its recipient is no longer polled."""
    mine = (onboardings.c.reward_id == reward_id) & (onboardings.c.state == "asked")
    connection.execute(update(onboardings).where(mine).values(state="lapsed", changed_at=at))
