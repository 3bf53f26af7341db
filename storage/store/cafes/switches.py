"""The switches of the whole pilot: on or off, by whom, why, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, delete, insert, select

from storage.store import audit
from storage.store.engine import Store, serialise
from storage.store.schemas.core import switches

SwitchName = Literal["maintenance", "rewards_stopped", "fallback", "performance"]


@dataclass(frozen=True, slots=True)
class Switch:
    """The current state of a switch.

    Attributes:
        name: Its name.
        is_on: Whether it is on.
        reason: The person's reason; never shown to guests.
        actor: Who set it.
        changed_at: When, UTC; None if it was never set.
        until: When it is expected to be turned off, UTC; nothing turns it off by itself.
    """

    name: SwitchName
    is_on: bool
    reason: str = ""
    actor: str = ""
    changed_at: datetime | None = None
    until: datetime | None = None

    def is_overdue(self, now: datetime) -> bool:
        """Return whether it is still on after its expected end."""
        return self.is_on and self.until is not None and now > self.until


def turn(
    store: Store,
    name: SwitchName,
    *,
    on: bool,
    actor: str,
    reason: str,
    until: datetime | None = None,
    details: Mapping[str, Any] | None = None,
) -> Switch:
    """Set a switch; setting its current state changes nothing but a newly given end.

    Args:
        store: The store.
        name: The switch.
        on: Whether it is on from now.
        actor: Who sets it.
        reason: Why.
        until: When it is expected to be turned off.
        details: Further fields of the audit entry.
    """
    with store.begin() as connection:
        serialise(connection, f"switch:{name}")
        row = connection.execute(select(switches).where(switches.c.name == name)).first()
        same = row is not None and row.is_on == on
        if row is not None and same and (not on or until is None or until == row.until):
            return _switch(row)
        at = store.now()
        changed = Switch(name, on, reason, actor, at, until if on else None)
        if row is not None and same:  # It has been on since then; only its end is new.
            changed = Switch(name, on, row.reason, row.actor, row.changed_at, until)
        connection.execute(delete(switches).where(switches.c.name == name))
        connection.execute(
            insert(switches).values(
                name=name,
                is_on=on,
                reason=changed.reason,
                actor=changed.actor,
                changed_at=changed.changed_at,
                until=changed.until,
            )
        )
        audit.record(
            connection,
            actor=actor,
            action="switch.until" if same else f"switch.{'on' if on else 'off'}",
            subject=name,
            reason=reason,
            details={**(details or {}), **({"until": until.isoformat()} if until and on else {})},
            at=at,
        )
    return changed


def windows_on(store: Store, name: SwitchName, *, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Return the periods in which a switch was on, in order, clipped to two moments."""
    return audit.windows(store, name, begins="switch.on", ends="switch.off", start=start, end=end)


def find(store: Store, name: SwitchName) -> Switch:
    """Return a switch; off if it was never set."""
    with store.reading() as connection:
        row = connection.execute(select(switches).where(switches.c.name == name)).first()
    return Switch(name, False) if row is None else _switch(row)


def all_on(store: Store) -> dict[SwitchName, Switch]:
    """Return the switches that are on, by name."""
    with store.reading() as connection:
        return {row.name: _switch(row) for row in connection.execute(select(switches).where(switches.c.is_on))}


def _switch(row: Row[Any]) -> Switch:
    return Switch(row.name, row.is_on, row.reason, row.actor, row.changed_at, row.until)
