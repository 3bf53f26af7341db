"""All that the store knows of one reward's way to an account, in one look: what a receipt and support tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from storage.store.engine import Store
from storage.store.payouts import awaiting, bank_legs
from storage.store.payouts import recipient_statuses as standings
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
    """One reward that goes, or may go, to an account.

    Attributes:
        rail: The rail.
        recipient_id: Ours for its holder.
        account: The provider's name for the account.
        onboarding: asked, claimed or lapsed; empty where the claim came without one.
        transfers: Whether the recipient can be paid: inactive, pending, active or gone; empty: never asked.
        details_submitted: Whether they went through the provider's questions.
        due: How many things the provider still asks.
        disabled_reason: Why the provider closed or limited the account.
        bank_last4: The bank account's last four characters; empty where they are not known.
        shared_bank: Whether another recipient has the same bank account.
        checked_at: When the provider was last asked, UTC.
        claimed: Whether the reward was claimed, and its voucher taken back.
        amount_ore: The claim's amount; 0 before.
        year_ore: What the recipient was promised in payouts of this year.
        batch_day: The day of the batch that holds it; None while it waits for one.
        approval: The batch's; empty while it waits.
        state: The payout's; empty while it waits.
        code: Why it is held, refused, in doubt or under review.
        bank_state: The provider's own payout to the bank that carried it; empty while there is none.
        failure_code: Why that failed.
        arrives_on: When the bank should have it.
        stopped: Whether all payouts are stopped.
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


def of_reward(store: Store, reward_id: str) -> GuestPayout | None:
    """Return what is known of a reward's way to an account, None where its guest never wanted one."""
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
        named = connection.execute(select(recipients.c.rail, recipients.c.account).where(recipients.c.id == who)).one()
        found |= {"rail": named.rail, "account": named.account}
        found |= _standing(connection, who)
        if claim is not None:
            found |= _payout(connection, reward_id)
    return GuestPayout(**found)  # type: ignore[arg-type]


def _standing(connection: Connection, who: str) -> dict[str, object]:
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
        "shared_bank": bool(standings.sharing_bank(connection, who)),
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
