"""Recipients, and the rewards that they claim instead of a voucher."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from pilot.identifiers import new_identifier
from storage.errors import StorageError
from storage.store import audit
from storage.store.engine import Store, serialise
from storage.store.payouts.attempts import MONEY_RAILS
from storage.store.rewards import freezing
from storage.store.schemas.money import vouchers
from storage.store.schemas.payout import payout_claims, recipients


class ClaimRefused(StorageError):
    """The reward cannot be claimed, or its claim not withdrawn."""


class RewardFrozen(ClaimRefused):
    """The reward may have been paid before a restore; a person releases it."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient on a rail; `account` is their account at the provider."""

    id: str
    rail: str
    account: str
    simulated: bool
    added_at: datetime


def may_be_paid(rail: str, *, simulated: bool) -> bool:
    """Return whether a rail may pay a reward: real guests get only money, simulated ones never do."""
    return (rail in MONEY_RAILS) != simulated


def recipient(store: Store, *, rail: str, account: str, simulated: bool) -> Recipient:
    """Return the recipient of an account, adding a new one."""
    with store.begin() as connection:
        serialise(connection, f"recipient:{rail}:{account}")
        query = select(recipients).where(recipients.c.rail == rail, recipients.c.account == account)
        row = connection.execute(query).first()
        if row is not None:
            return Recipient(row.id, row.rail, row.account, row.simulated, row.added_at)
        new = Recipient(new_identifier(), rail, account, simulated, store.now())
        connection.execute(
            insert(recipients).values(id=new.id, rail=rail, account=account, simulated=simulated, added_at=new.added_at)
        )
        return new


def claim(store: Store, reward_id: str, *, by: Recipient) -> None:
    """Claim a reward for a recipient and cancel its voucher; repeated, it changes nothing.

    Raises:
        RewardFrozen: the reward is frozen by a restore.
        ClaimRefused: there is no valid voucher, somebody else claimed the reward, only one of recipient and reward is
            simulated, or the rail may not pay the reward.
    """
    with store.begin() as connection:
        live = connection.execute(
            select(vouchers.c.code_hash).where(vouchers.c.reward_id == reward_id, vouchers.c.state == "issued")
        ).scalar()
        serialise(
            connection, f"voucher:{live}"
        )  # The till takes the same lock: a voucher is redeemed or claimed, never both.
        known = connection.execute(
            select(payout_claims.c.recipient_id).where(payout_claims.c.reward_id == reward_id)
        ).scalar()
        if known == by.id:
            return
        row = connection.execute(
            select(
                vouchers.c.state, vouchers.c.cafe, vouchers.c.simulated, vouchers.c.amount_ore, vouchers.c.expires_at
            ).where(vouchers.c.reward_id == reward_id, vouchers.c.code_hash == live)
        ).first()
        at = store.now()
        if known is not None or row is None or row.state != "issued" or row.expires_at <= at:
            raise ClaimRefused("The reward has no voucher to give back.", remedy="Show the guest the receipt's state.")
        if freezing.is_frozen(connection, [reward_id]):
            raise RewardFrozen(
                "The reward may have been paid before the store was restored.",
                remedy='Check it, then run `pilot payout release` of it with --reason "...".',
            )
        if row.simulated != by.simulated:
            raise ClaimRefused(
                "A simulated reward and a real recipient, or the other way round, never meet.",
                remedy="Use a recipient of the same kind.",
            )
        if not may_be_paid(by.rail, simulated=row.simulated):
            raise ClaimRefused(
                "Money goes to real guests only, and a real guest's voucher is given back for money only.",
                remedy="Leave the guest the voucher.",
            )
        connection.execute(update(vouchers).where(vouchers.c.code_hash == live).values(state="cancelled"))
        connection.execute(
            insert(payout_claims).values(
                reward_id=reward_id,
                recipient_id=by.id,
                rail=by.rail,
                cafe=row.cafe,
                simulated=row.simulated,
                amount_ore=row.amount_ore,
                claimed_at=at,
            )
        )
        audit.record(connection, actor="guest", action="reward.claim", subject=reward_id, at=at)
