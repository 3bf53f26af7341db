"""The switches of the whole pilot: on or off, by whom and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import delete, insert, select

from storage.store import audit
from storage.store.engine import Store, serialise
from storage.store.schemas.core import switches

SwitchName = Literal["maintenance", "rewards_stopped"]


@dataclass(frozen=True, slots=True)
class Switch:
    """The current state of a switch.

    Attributes:
        name: Its name.
        is_on: Whether it is on.
        reason: The person's reason; never shown to guests.
        actor: Who set it.
        changed_at: When, UTC; None if it was never set.
    """

    name: SwitchName
    is_on: bool
    reason: str = ""
    actor: str = ""
    changed_at: datetime | None = None


def turn(store: Store, name: SwitchName, *, on: bool, actor: str, reason: str) -> Switch:
    """Set a switch; setting its current state changes nothing."""
    with store.begin() as connection:
        serialise(connection, f"switch:{name}")
        row = connection.execute(select(switches).where(switches.c.name == name)).first()
        if row is not None and row.is_on == on:
            return Switch(name, row.is_on, row.reason, row.actor, row.changed_at)
        at = store.now()
        connection.execute(delete(switches).where(switches.c.name == name))
        connection.execute(insert(switches).values(name=name, is_on=on, reason=reason, actor=actor, changed_at=at))
        audit.record(
            connection, actor=actor, action=f"switch.{'on' if on else 'off'}", subject=name, reason=reason, at=at
        )
    return Switch(name, on, reason, actor, at)


def windows_on(store: Store, name: SwitchName, *, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Return the periods in which a switch was on, in order, clipped to two moments."""
    return audit.windows(store, name, begins="switch.on", ends="switch.off", start=start, end=end)


def find(store: Store, name: SwitchName) -> Switch:
    """Return a switch; off if it was never set."""
    with store.reading() as connection:
        row = connection.execute(select(switches).where(switches.c.name == name)).first()
    return Switch(name, False) if row is None else Switch(name, row.is_on, row.reason, row.actor, row.changed_at)
