"""Onboardings: requests to pay a reward to an account; the voucher is valid until then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from storage.errors import StorageError
from storage.store import audit
from storage.store.engine import Store, serialise
from storage.store.privacy.money_erasure import PSEUDONYM
from storage.store.schemas.core import tombstones
from storage.store.schemas.money import reward_decisions
from storage.store.schemas.provider import onboardings

State = Literal["asked", "claimed", "lapsed"]


class OnboardingRefused(StorageError):
    """The reward cannot go to an account."""


@dataclass(frozen=True, slots=True)
class Onboarding:
    """The request to pay a reward to a recipient."""

    reward_id: str
    recipient_id: str
    state: State
    asked_at: datetime
    changed_at: datetime


def record_intent(store: Store, reward_id: str) -> None:
    """Record that a guest wants an account, before the provider is called.

    Raises:
        OnboardingRefused: there is no such reward, or its session was erased.
    """
    with store.begin() as connection:
        _must_be_kept(connection, reward_id)
        audit.record(connection, actor="guest", action="reward.open_account", subject=reward_id, at=store.now())


def request(store: Store, reward_id: str, *, recipient_id: str) -> Onboarding:
    """Save the request for the latest recipient; a claimed one stays unchanged.

    Raises:
        OnboardingRefused: there is no such reward, or its session was erased.
    """
    with store.begin() as connection:
        serialise(connection, f"onboarding:{reward_id}")
        _must_be_kept(connection, reward_id)
        mine = onboardings.c.reward_id == reward_id
        row = connection.execute(select(onboardings).where(mine)).first()
        if row is not None and (row.state == "claimed" or (row.state, row.recipient_id) == ("asked", recipient_id)):
            return Onboarding(*row)
        at = store.now()
        new = Onboarding(reward_id, recipient_id, "asked", at, at)
        connection.execute(delete(onboardings).where(mine))
        values = {name: getattr(new, name) for name in Onboarding.__dataclass_fields__}
        connection.execute(insert(onboardings).values(values))
        audit.record(connection, actor="guest", action="reward.ask_for_account", subject=reward_id, at=at)
        return new


def find(store: Store, reward_id: str) -> Onboarding | None:
    """Return a reward's onboarding, None if there is none."""
    with store.reading() as connection:
        row = connection.execute(select(onboardings).where(onboardings.c.reward_id == reward_id)).first()
    return None if row is None else Onboarding(*row)


def of_recipient(store: Store, recipient_id: str, *, state: State) -> list[Onboarding]:
    """Return a recipient's onboardings in one state, oldest first."""
    query = select(onboardings).where(onboardings.c.recipient_id == recipient_id, onboardings.c.state == state)
    with store.reading() as connection:
        return [Onboarding(*row) for row in connection.execute(query.order_by(onboardings.c.asked_at))]


def requested_at(store: Store) -> dict[str, datetime]:
    """Return the recipients with a pending onboarding, each with the time of the newest request."""
    query = (
        select(onboardings.c.recipient_id, func.max(onboardings.c.asked_at))
        .where(onboardings.c.state == "asked")
        .group_by(onboardings.c.recipient_id)
        .order_by(onboardings.c.recipient_id)
    )
    with store.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def end(store: Store, reward_id: str, state: Literal["claimed", "lapsed"]) -> None:
    """End a pending onboarding."""
    with store.begin() as connection:
        connection.execute(
            update(onboardings)
            .where(onboardings.c.reward_id == reward_id, onboardings.c.state == "asked")
            .values(state=state, changed_at=store.now())
        )


def _must_be_kept(connection: Connection, reward_id: str) -> None:
    erased = exists(select(tombstones.c.session_id).where(tombstones.c.session_id == reward_decisions.c.session_id))
    kept = select(reward_decisions.c.reward_id).where(
        reward_decisions.c.reward_id == reward_id,
        reward_decisions.c.session_id.not_like(f"{PSEUDONYM}%"),
        ~erased,
    )
    if connection.execute(kept).first() is None:
        raise OnboardingRefused("There is no such reward to pay to an account.", remedy="Load the receipt again.")
