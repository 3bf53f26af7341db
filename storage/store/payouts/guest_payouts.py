"""Reads the payout status of one reward, for receipts and support."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from storage.store.engine import Store
from storage.store.payouts import awaiting, bank_legs
from storage.store.payouts import recipient_statuses as recipient_status_rows
from storage.store.rewards import freezing
from storage.store.schemas.core import switches
from storage.store.schemas.payout import (
    payout_batches,
    payout_claims,
    payout_instruction_rewards,
    payout_instructions,
    recipients,
)
from storage.store.schemas.provider import onboardings, recipient_statuses


@dataclass(frozen=True, slots=True)
class GuestPayout:
    """The payout of one reward to an account, requested or possible.

    Attributes:
        rail: The rail.
        recipient_id: Our id of the account's holder.
        account: The account at the provider.
        onboarding: asked, claimed or lapsed; empty for a claim without one.
        transfers: Whether the recipient can be paid: inactive, pending, active or gone; empty before a check.
        details_submitted: Whether they completed the provider's onboarding.
        due: The number of details that the provider still requires.
        disabled_reason: The provider's code for a closed or limited account.
        bank_last4: The bank account's last four characters; empty if unknown.
        shared_bank: Whether another recipient has the same bank account.
        checked_at: When the provider was last polled, UTC.
        claimed: Whether the reward was claimed, and its voucher cancelled.
        amount_ore: The claim's amount; 0 before.
        year_ore: The recipient's payouts of this year that were not reversed.
        batch_day: The day of its batch; None while it waits for one.
        approval: The batch's approval; empty while it waits.
        state: The payout's state; empty while it waits.
        code: The code if it is held, refused, of unknown outcome or under review.
        bank_state: The state of the bank payout that carried it; empty if there is none.
        failure_code: The code of a failed bank payout.
        arrives_on: The expected day of arrival at the bank.
        stopped: Whether all payouts are stopped.
        frozen: Whether a person has to release it, because it may have been paid before a restore.
    """

    rail: str
    recipient_id: str
    account: str
    onboarding: str = ""
    transfers: str = ""
    details_submitted: bool = False
    due: int = 0
    disabled_reason: str = ""
    bank_last4: str = ""
    shared_bank: bool = False
    checked_at: datetime | None = None
    claimed: bool = False
    amount_ore: int = 0
    year_ore: int = 0
    batch_day: date | None = None
    approval: str = ""
    state: str = ""
    code: str = ""
    bank_state: str = ""
    failure_code: str = ""
    arrives_on: date | None = None
    stopped: bool = False
    frozen: bool = False


def of_reward(store: Store, reward_id: str) -> GuestPayout | None:
    """Return the payout of a reward to an account; None if its guest never requested one."""
    with store.reading() as connection:
        asked = connection.execute(
            select(onboardings.c.recipient_id, onboardings.c.state).where(onboardings.c.reward_id == reward_id)
        ).first()
        claim = connection.execute(
            select(payout_claims.c.recipient_id, payout_claims.c.amount_ore).where(
                payout_claims.c.reward_id == reward_id
            )
        ).first()
        who = claim.recipient_id if claim is not None else asked.recipient_id if asked is not None else None
        if who is None:
            return None
        found: dict[str, object] = {
            "recipient_id": who,
            "onboarding": asked.state if asked is not None else "",
            "claimed": claim is not None,
            "amount_ore": claim.amount_ore if claim is not None else 0,
            "year_ore": awaiting.promised_ore(connection, who, year=store.now().year),
            "stopped": bool(
                connection.execute(select(switches.c.is_on).where(switches.c.name == "rewards_stopped")).scalar()
            ),
        }
        found["frozen"] = freezing.is_frozen(connection, [reward_id])
        named = connection.execute(select(recipients.c.rail, recipients.c.account).where(recipients.c.id == who)).one()
        found |= {"rail": named.rail, "account": named.account}
        found |= _status(connection, who)
        if claim is not None:
            found |= _payout(connection, reward_id)
    return GuestPayout(**found)  # type: ignore[arg-type]


def _status(connection: Connection, who: str) -> dict[str, object]:
    known = recipient_statuses
    row = connection.execute(select(known).where(known.c.recipient_id == who)).first()
    if row is None:
        return {}
    return {
        "transfers": row.transfers,
        "details_submitted": row.details_submitted,
        "due": row.due,
        "disabled_reason": row.disabled_reason,
        "bank_last4": row.bank_last4 or "",
        "shared_bank": bool(recipient_status_rows.sharing_bank(connection, who)),
        "checked_at": row.checked_at,
    }


def _payout(connection: Connection, reward_id: str) -> dict[str, object]:
    row = connection.execute(
        select(
            payout_instructions.c.state,
            payout_instructions.c.code,
            payout_batches.c.approval,
            payout_batches.c.day,
            payout_instructions.c.id,
        )
        .join(payout_batches, payout_batches.c.id == payout_instructions.c.batch_id)
        .join(payout_instruction_rewards, payout_instruction_rewards.c.instruction_id == payout_instructions.c.id)
        .where(payout_instruction_rewards.c.reward_id == reward_id)
    ).first()
    if row is None:
        return {}
    found = {"state": row.state, "code": row.code, "approval": row.approval, "batch_day": row.day}
    if row.state != "paid":
        return found
    if (bank := bank_legs.carriers(connection, payout_instructions.c.id == row.id).get(row.id)) is not None:
        found |= {"bank_state": bank.state, "failure_code": bank.failure_code, "arrives_on": bank.arrives_on}
    return found
