"""Day states: a business day is open, closed or redacted.

A closed day is rebuilt only after it is reopened. A redacted day is never rebuilt: its words have expired and its
sources are deleted (see `storage.store.privacy.expirations`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Literal

from sqlalchemy import delete, insert, select

from storage.errors import StorageError
from storage.store import audit
from storage.store.engine import Store, serialise
from storage.store.schemas.privacy import day_states

State = Literal["open", "closed", "redacted"]


class DayRedacted(StorageError):
    """The day is redacted for good."""


def of(store: Store, days: Collection[date]) -> dict[date, State]:
    """Return the state of each day."""
    query = select(day_states.c.day, day_states.c.state).where(day_states.c.day.in_(list(days)))
    with store.reading() as connection:
        known: dict[date, State] = {row.day: row.state for row in connection.execute(query)}
    return {day: known.get(day, "open") for day in days}


def closed_or_redacted(store: Store) -> dict[date, State]:
    """Return the closed and redacted days, which no rebuild may touch."""
    query = select(day_states.c.day, day_states.c.state)
    with store.reading() as connection:
        return {row.day: row.state for row in connection.execute(query)}


def put(store: Store, day: date, state: State, *, actor: str, reason: str) -> None:
    """Set a day's state, with an audit entry; its current state changes nothing.

    Raises:
        DayRedacted: the day is redacted: its sources are deleted.
    """
    at = store.now()
    with store.begin() as connection:
        serialise(connection, "day_states")
        found = connection.execute(select(day_states.c.state).where(day_states.c.day == day)).scalar_one_or_none()
        if found == state or (found is None and state == "open"):
            return
        if found == "redacted":
            raise DayRedacted(
                f"{day} is redacted: what guests said and did on it was deleted when its time to live was over.",
                remedy="Its figures stay as they are; nothing can rebuild them.",
            )
        connection.execute(delete(day_states).where(day_states.c.day == day))
        if state != "open":
            connection.execute(
                insert(day_states).values(day=day, state=state, actor=actor, reason=reason, changed_at=at)
            )
        audit.record(
            connection,
            actor=actor,
            action=f"day.{state}",
            subject=day.isoformat(),
            reason=reason,
            details={"before": found or "open"},
            at=at,
        )
