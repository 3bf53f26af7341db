"""Searches payments by reference, session, reward, payout, batch or the provider's reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select

from storage.store.engine import Store
from storage.store.rewards import receipts
from storage.store.schemas.money import reward_decisions
from storage.store.schemas.payout import payout_batches, payout_instruction_rewards, payout_instructions

Kind = Literal["reward", "payout", "batch", "undecided"]


@dataclass(frozen=True, slots=True)
class Subject:
    """A search result; `session_id` is set for rewards, and is a pseudonym after an erasure."""

    kind: Kind
    id: str
    session_id: str = ""


def search(store: Store, text: str) -> list[Subject]:
    """Return every match; guests may share a reference.

    A session without a decision is returned as `undecided`.
    """
    wanted = text.strip()
    sessions = [each.session_id for each in receipts.by_reference(store, wanted)] or [wanted]
    with store.reading() as connection:
        rewards = connection.execute(
            select(reward_decisions.c.reward_id, reward_decisions.c.session_id).where(
                reward_decisions.c.session_id.in_(sessions) | (reward_decisions.c.reward_id == wanted)
            )
        ).all()
        payouts = connection.execute(
            select(payout_instructions.c.id).where(
                (payout_instructions.c.id == wanted) | (payout_instructions.c.reference == wanted)
            )
        ).scalars()
        batches = connection.execute(select(payout_batches.c.id).where(payout_batches.c.id == wanted)).scalars()
        found = [Subject("reward", row.reward_id, row.session_id) for row in rewards]
        found += [Subject("payout", each) for each in payouts]
        found += [Subject("batch", each) for each in batches]
    decided = {each.session_id for each in found}
    if sessions != [wanted]:
        found += [Subject("undecided", each, each) for each in sessions if each not in decided]
    return found


def payout_of_reward(store: Store, reward_id: str) -> str | None:
    """Return the payout of a reward, None if it has none."""
    query = select(payout_instruction_rewards.c.instruction_id).where(
        payout_instruction_rewards.c.reward_id == reward_id
    )
    with store.reading() as connection:
        return connection.execute(query).scalar()


def rewards_of_payout(store: Store, payout_id: str) -> list[str]:
    """Return the rewards of a payout, by id."""
    query = select(payout_instruction_rewards.c.reward_id).where(
        payout_instruction_rewards.c.instruction_id == payout_id
    )
    with store.reading() as connection:
        return sorted(connection.execute(query).scalars())
