"""The states of cafés that operators change: paused, and the trial's limit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from storage.errors import StorageError
from storage.store import audit
from storage.store.engine import Store, serialise
from storage.store.schemas.core import cafe_states

LARGEST_TRIAL_LIMIT = 1_000_000


class InvalidTrialLimit(StorageError):
    """The trial's limit is out of range."""


@dataclass(frozen=True, slots=True)
class CafeState:
    """A café's state.

    Attributes:
        cafe: The café's id.
        paused: Whether it accepts no feedback for now.
        reason: Why it was paused, for the audit log, the team and its managers; never shown to guests.
        trial_limit: The trial's changed limit; None for the limit of the cafés' file.
        actor: Who changed it last.
        changed_at: When, UTC; None if it was never changed.
        shown_sv: What guests of the paused café read, in Swedish; None for the usual words.
        shown_en: The same in English.
    """

    cafe: str
    paused: bool = False
    reason: str = ""
    trial_limit: int | None = None
    actor: str = ""
    changed_at: datetime | None = None
    shown_sv: str | None = None
    shown_en: str | None = None


def find(store: Store, cafe: str) -> CafeState:
    """Return a café's state; open if it was never changed."""
    with store.reading() as connection:
        return find_within(connection, cafe)


def find_all(store: Store) -> dict[str, CafeState]:
    """Return the changed states, by café."""
    with store.reading() as connection:
        return {row.cafe: CafeState(*row) for row in connection.execute(select(*_COLUMNS))}


def find_within(connection: Connection, cafe: str) -> CafeState:
    """Return a café's state within a transaction."""
    row = connection.execute(select(*_COLUMNS).where(cafe_states.c.cafe == cafe)).first()
    return CafeState(cafe) if row is None else CafeState(*row)


def pause(store: Store, cafe: str, *, actor: str, reason: str, shown: tuple[str, str] | None = None) -> bool:
    """Pause a café: running sessions finish, no new ones start. Return whether it changed.

    Args:
        store: The store.
        cafe: The café.
        actor: Who pauses it.
        reason: Why, for the team and its managers.
        shown: What guests read, in Swedish and English; None for the usual words.
    """
    return _set_paused(store, cafe, paused=True, actor=actor, reason=reason, shown=shown)


def resume(store: Store, cafe: str, *, actor: str, reason: str = "") -> bool:
    """Resume a paused café. Return whether it changed."""
    return _set_paused(store, cafe, paused=False, actor=actor, reason=reason)


def set_trial_limit(
    store: Store, cafe: str, *, limit: int, actor: str, reason: str, at: datetime | None = None
) -> CafeState:
    """Change the number of rewarded feedbacks in the café's trial, with an audit entry.

    Args:
        store: The store.
        cafe: The café.
        limit: The new limit.
        actor: Who changes it.
        reason: Why.
        at: The time of the change, for a simulated pilot of past days; by default now.

    Raises:
        InvalidTrialLimit: the number is out of range.
    """
    if not 1 <= limit <= LARGEST_TRIAL_LIMIT:
        raise InvalidTrialLimit(
            f"A trial of {limit} feedbacks cannot be: expected 1 to {LARGEST_TRIAL_LIMIT}.", remedy="Give another one."
        )
    with store.begin() as connection:
        serialise(connection, f"cafe_state:{cafe}")
        before = find_within(connection, cafe)
        at = at or store.now()
        after = replace(before, trial_limit=limit, actor=actor, changed_at=at)
        _write(connection, after)
        audit.record(
            connection,
            actor=actor,
            action="cafe.trial_limit",
            subject=cafe,
            reason=reason,
            details={"from": before.trial_limit, "to": limit},
            at=at,
        )
    return after


def _set_paused(
    store: Store, cafe: str, *, paused: bool, actor: str, reason: str, shown: tuple[str, str] | None = None
) -> bool:
    with store.begin() as connection:
        serialise(connection, f"cafe_state:{cafe}")
        before = find_within(connection, cafe)
        if before.paused == paused:
            return False
        at = store.now()
        sv, en = shown or (None, None)
        changed = replace(before, paused=paused, reason=reason, actor=actor, changed_at=at, shown_sv=sv, shown_en=en)
        _write(connection, changed)
        action = "cafe.pause" if paused else "cafe.resume"
        audit.record(connection, actor=actor, action=action, subject=cafe, reason=reason, at=at)
    return True


def _write(connection: Connection, state: CafeState) -> None:
    connection.execute(delete(cafe_states).where(cafe_states.c.cafe == state.cafe))
    connection.execute(
        insert(cafe_states).values(
            cafe=state.cafe,
            paused=state.paused,
            reason=state.reason,
            trial_limit=state.trial_limit,
            actor=state.actor,
            changed_at=state.changed_at,
            shown_sv=state.shown_sv,
            shown_en=state.shown_en,
        )
    )


_COLUMNS = (
    cafe_states.c.cafe,
    cafe_states.c.paused,
    cafe_states.c.reason,
    cafe_states.c.trial_limit,
    cafe_states.c.actor,
    cafe_states.c.changed_at,
    cafe_states.c.shown_sv,
    cafe_states.c.shown_en,
)
