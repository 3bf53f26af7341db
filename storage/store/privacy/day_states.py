"""Day states: a business day is open, closed or redacted.

A closed day is rebuilt only once it is reopened; a redacted one never again: its words' time to live is over, and
what it was made from is deleted (`storage.store.privacy.expirations` notes what, and when).
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
    """A redacted day stays redacted."""


def of(store: Store, days: Collection[date]) -> dict[date, State]:
    """Return the state of each of some days."""
    query = select(day_states.c.day, day_states.c.state).where(day_states.c.day.in_(list(days)))
    with store.reading() as connection:
        known: dict[date, State] = {row.day: row.state for row in connection.execute(query)}
    return {day: known.get(day, "open") for day in days}


def closed_or_redacted(store: Store) -> dict[date, State]:
    """Return the days that no rebuild may touch, with their states."""
    query = select(day_states.c.day, day_states.c.state)
    with store.reading() as connection:
        return {row.day: row.state for row in connection.execute(query)}


def put(store: Store, day: date, state: State, *, actor: str, reason: str) -> None:
    """Put a day into a state, audited; the same state again changes nothing.

    Raises:
        DayRedacted: the day is redacted: what it was made from is gone.
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
