"""Onboardings: guests who want a reward on an account and tell the provider where; the voucher is good meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, exists, insert, select, update

from storage.errors import StorageError
from storage.store import audit
from storage.store.engine import Store, serialise
from storage.store.money_erasure import PSEUDONYM
from storage.store.money_schema import reward_decisions
from storage.store.provider_schema import onboardings
from storage.store.schema import tombstones

State = Literal["asked", "claimed", "lapsed"]


class OnboardingRefused(StorageError):
    """The reward cannot go to an account."""


@dataclass(frozen=True, slots=True)
class Onboarding:
    """One reward that its guest wants on an account.

    Attributes:
        reward_id: The reward.
        recipient_id: Who is to have it.
        state: asked until the recipient can be paid, then claimed; lapsed where the voucher was gone by then.
        asked_at: When the guest first asked, UTC.
        changed_at: When the state last changed, UTC.
    """

    reward_id: str
    recipient_id: str
    state: State
    asked_at: datetime
    changed_at: datetime


_COLUMNS = tuple(onboardings.c[name] for name in Onboarding.__dataclass_fields__)


def intend(store: Store, reward_id: str) -> None:
    """Commit that a guest wants an account opened, before the provider is asked.

    Raises:
        OnboardingRefused: the reward's answers were erased, or there is no such reward.
    """
    with store.begin() as connection:
        _kept(connection, reward_id)
        audit.record(connection, actor="guest", action="reward.onboard", subject=reward_id, at=store.now())


def ask(store: Store, reward_id: str, recipient_id: str) -> Onboarding:
    """Note that a reward is to go to a recipient once they can be paid; asked again it changes nothing.

    Another recipient takes the place of the first for as long as the reward was not claimed.

    Raises:
        OnboardingRefused: the reward was claimed by somebody else, its answers were erased, or there is none.
    """
    with store.begin() as connection:
        serialise(connection, f"onboarding:{reward_id}")
        _kept(connection, reward_id)
        row = connection.execute(select(*_COLUMNS).where(onboardings.c.reward_id == reward_id)).first()
        at = store.now()
        if row is None:
            new = Onboarding(reward_id, recipient_id, "asked", at, at)
            connection.execute(
                insert(onboardings).values({name: getattr(new, name) for name in Onboarding.__dataclass_fields__})
            )
            return new
        known = Onboarding(*row)
        if known.recipient_id == recipient_id:
            return known
        if known.state != "asked":
            raise OnboardingRefused("The reward is on its way to another account.", remedy="Show the receipt's state.")
        connection.execute(
            update(onboardings)
            .where(onboardings.c.reward_id == reward_id)
            .values(recipient_id=recipient_id, changed_at=at)
        )
        return Onboarding(reward_id, recipient_id, "asked", known.asked_at, at)


def find(store: Store, reward_id: str) -> Onboarding | None:
    """Return a reward's onboarding, None where its guest never asked for one."""
    with store.reading() as connection:
        row = connection.execute(select(*_COLUMNS).where(onboardings.c.reward_id == reward_id)).first()
    return None if row is None else Onboarding(*row)


def of_recipient(store: Store, recipient_id: str, *, state: State = "asked") -> list[Onboarding]:
    """Return a recipient's onboardings in a state, the oldest first."""
    query = (
        select(*_COLUMNS)
        .where(onboardings.c.recipient_id == recipient_id, onboardings.c.state == state)
        .order_by(onboardings.c.asked_at, onboardings.c.reward_id)
    )
    with store.reading() as connection:
        return [Onboarding(*row) for row in connection.execute(query)]


def end(store: Store, reward_id: str, *, state: Literal["claimed", "lapsed"]) -> None:
    """Note what became of an onboarding; one that has ended stays as it is."""
    with store.begin() as connection:
        connection.execute(
            update(onboardings)
            .where(onboardings.c.reward_id == reward_id, onboardings.c.state == "asked")
            .values(state=state, changed_at=store.now())
        )


def _kept(connection: Connection, reward_id: str) -> None:
    erased = exists(select(tombstones.c.session_id).where(tombstones.c.session_id == reward_decisions.c.session_id))
    known = select(reward_decisions.c.reward_id).where(
        reward_decisions.c.reward_id == reward_id,
        reward_decisions.c.session_id.not_like(f"{PSEUDONYM}%"),
        ~erased,
    )
    if connection.execute(known).first() is None:
        raise OnboardingRefused("There is no such reward to send anywhere.", remedy="Load the receipt again.")
