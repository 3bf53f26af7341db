"""Adopts transfers that only the provider knows, after a lost answer or a restore.

Nothing is guessed: a transfer that cannot be explained is returned as a difference and not booked.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from sqlalchemy import Connection, func, insert, select, update

from pilot.identifiers import new_identifier
from storage.store import audit
from storage.store.engine import Store, serialise
from storage.store.payouts import attempts, instruction_rows
from storage.store.payouts.instruction_rows import Instruction
from storage.store.payouts.payout_codes import MADE_BEFORE_RESTORE, AdoptionResult, TransferDifference
from storage.store.schemas.money import vouchers
from storage.store.schemas.payout import (
    payout_attempts,
    payout_batches,
    payout_claims,
    payout_instruction_rewards,
    payout_instructions,
    recipients,
)

_BATCH = re.compile(r"(?P<rail>[a-z_]+)-(?P<day>\d{4}-\d{2}-\d{2})(?P<simulated>-simulated)?")


def adopt(
    store: Store,
    *,
    rail: str,
    instruction_id: str,
    reward_ids: tuple[str, ...],
    account: str,
    amount_ore: int,
    reference: str,
    actor: str,
) -> AdoptionResult:
    """Book a transfer of the provider; return the result, or the difference if it was not booked.

    Args:
        store: The store.
        rail: The provider's rail; a transfer that names another rail is not ours.
        instruction_id: Our instruction, from the transfer's metadata.
        reward_ids: Our rewards, from the metadata.
        account: The recipient's account at the provider.
        amount_ore: The transferred amount.
        reference: The provider's reference.
        actor: Who reconciles.
    """
    batch_id = instruction_id.rpartition("-")[0]
    named = _BATCH.fullmatch(batch_id)
    if named is None or named["rail"] != rail:
        return "not_ours"
    with store.begin() as connection:
        serialise(connection, f"payouts:{rail}")
        serialise(connection, f"payout:{instruction_id}")
        known = connection.execute(
            select(
                payout_instructions.c.state, payout_instructions.c.reference, payout_instructions.c.amount_ore
            ).where(payout_instructions.c.id == instruction_id)
        ).first()
        if known is not None and known.reference == reference:
            return "known" if known.amount_ore == amount_ore else "amount_differs"
        if known is not None and known.state in ("paid", "reversed"):
            return "paid_twice"
        if known is None:
            day, simulated = date.fromisoformat(named["day"]), named["simulated"] is not None
            why = _rebuild(
                connection,
                instruction_id,
                batch_id=batch_id,
                batch=(rail, day, simulated),
                reward_ids=reward_ids,
                account=account,
                at=store.now(),
            )
            if why is not None:
                connection.rollback()
                return why
        found = instruction_rows.lock_instruction(connection, instruction_id)
        if found.amount_ore != amount_ore or found.account != account:
            connection.rollback()
            return "amount_differs" if found.amount_ore != amount_ore else "account_differs"
        _pay(connection, found, reference=reference, store=store)
        audit.record(
            connection, actor=actor, action="payout.adopt", subject=instruction_id, reason=reference, at=store.now()
        )
        return "adopted"


def _pay(connection: Connection, found: Instruction, *, reference: str, store: Store) -> None:
    """Book the transfer under the attempt that may have made it; under a new one if there is none."""
    candidates = connection.execute(
        select(payout_attempts.c.key, payout_attempts.c.outcome)
        .where(payout_attempts.c.instruction_id == found.id, payout_attempts.c.outcome != "refused")
        .order_by(payout_attempts.c.number.desc())
    ).all()
    key = next((each.key for each in candidates if each.outcome == "open"), candidates[0].key if candidates else None)
    if key is None:
        key = f"payout:{found.id}:adopted"
        last = connection.execute(
            select(func.max(payout_attempts.c.number)).where(payout_attempts.c.instruction_id == found.id)
        ).scalar()
        connection.execute(
            insert(payout_attempts).values(
                key=key,
                instruction_id=found.id,
                number=(last or 0) + 1,
                parameters="",
                parameters_hash="",
                outcome="absent",
                code=MADE_BEFORE_RESTORE,
                begun_at=store.now(),
                ended_at=store.now(),
            )
        )
    attempts.pay(connection, found, attempt_key=key, reference=reference, store=store)


def _rebuild(
    connection: Connection,
    instruction_id: str,
    *,
    batch_id: str,
    batch: tuple[str, date, bool],
    reward_ids: tuple[str, ...],
    account: str,
    at: datetime,
) -> TransferDifference | None:
    """Recreate recipient, claims, batch and instruction from the transfer; return any difference."""
    rail, day, simulated = batch
    who = connection.execute(
        select(recipients.c.id).where(recipients.c.rail == rail, recipients.c.account == account)
    ).scalar()
    if who is None:
        who = new_identifier()
        connection.execute(
            insert(recipients).values(id=who, rail=rail, account=account, simulated=simulated, added_at=at)
        )
    amounts = {}
    for reward_id in reward_ids:
        voucher = connection.execute(
            select(vouchers).where(vouchers.c.reward_id == reward_id).order_by(vouchers.c.number.desc())
        ).first()
        if voucher is None:
            return "unknown_reward"
        serialise(connection, f"voucher:{voucher.code_hash}")
        why = _claim_again(connection, reward_id, voucher.code_hash, who=who, rail=rail, at=at)
        if why is not None:
            return why
        amounts[reward_id] = voucher.amount_ore
    if not amounts:
        return "unknown_reward"
    if connection.execute(select(payout_batches.c.id).where(payout_batches.c.id == batch_id)).first() is None:
        connection.execute(
            insert(payout_batches).values(
                id=batch_id, day=day, rail=rail, simulated=simulated, approval="waiting", planned_at=at
            )
        )
    instruction_rows.add_instruction(connection, instruction_id, batch_id, who, amounts, at=at)
    return None


def _claim_again(
    connection: Connection, reward_id: str, code_hash: str, *, who: str, rail: str, at: datetime
) -> TransferDifference | None:
    placed = select(payout_instruction_rewards.c.instruction_id).where(
        payout_instruction_rewards.c.reward_id == reward_id
    )
    if connection.execute(placed).first() is not None:
        return "in_two_payouts"
    claimed = connection.execute(
        select(payout_claims.c.recipient_id).where(payout_claims.c.reward_id == reward_id)
    ).scalar()
    if claimed is not None:
        return None if claimed == who else "account_differs"
    voucher = connection.execute(select(vouchers).where(vouchers.c.code_hash == code_hash)).one()
    if voucher.state != "issued":
        return "also_redeemed" if voucher.state == "redeemed" else "unknown_reward"
    connection.execute(update(vouchers).where(vouchers.c.code_hash == code_hash).values(state="cancelled"))
    connection.execute(
        insert(payout_claims).values(
            reward_id=reward_id,
            recipient_id=who,
            rail=rail,
            cafe=voucher.cafe,
            simulated=voucher.simulated,
            amount_ore=voucher.amount_ore,
            claimed_at=at,
        )
    )
    return None
