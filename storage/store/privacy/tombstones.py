"""Tombstones: sessions erased on a guest's request; no rebuild brings them back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert, select

from pilot.business_days import session_day
from storage.errors import StorageError
from storage.store import audit, outbox
from storage.store.engine import Store, serialise
from storage.store.schemas.core import tombstones
from storage.store.schemas.privacy import erasures


class NotASession(StorageError):
    """The text is not a session's identifier."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An erased session.

    Attributes:
        session_id: The session.
        day: Its business day.
        actor: The person who requested it. reason: A person's words, or the code `asked_on_receipt`.
        created_at: When, UTC.
    """

    session_id: str
    day: date
    actor: str
    reason: str
    created_at: datetime


def add(store: Store, *, session_id: str, actor: str, reason: str, at: datetime | None = None) -> None:
    """Mark a session as erased, so that its day is rebuilt without it; repeated, it changes nothing.

    Args:
        store: The store.
        session_id: The session.
        actor: Who asked.
        reason: Why, without personal data.
        at: When it was requested, for a replayed tombstone; by default now.

    Raises:
        NotASession: `session_id` is not a UUIDv7.
    """
    try:
        day = session_day(session_id)
    except ValueError:
        raise NotASession(
            "That is not a session's identifier: expected a UUID of version 7.", remedy="Take it from the receipt."
        ) from None
    at = at or store.now()
    with store.begin() as connection:
        serialise(connection, "outbox")
        if connection.execute(select(tombstones.c.day).where(tombstones.c.session_id == session_id)).first():
            return
        connection.execute(
            insert(tombstones).values(session_id=session_id, day=day, actor=actor, reason=reason, created_at=at)
        )
        connection.execute(
            insert(erasures).values(session_id=session_id, day=day, asked_at=at, state="asked", attempts=0, places={})
        )
        outbox.touch(connection, day=day, reason="tombstone", at=at)
        audit.record(connection, actor=actor, action="session.erase", subject=session_id, reason=reason, at=at)


def erased_at(store: Store, session_id: str) -> datetime | None:
    """Return when a session was erased, UTC; None if it was not."""
    with store.reading() as connection:
        query = select(tombstones.c.created_at).where(tombstones.c.session_id == session_id)
        return connection.execute(query).scalar_one_or_none()


def for_day(store: Store, day: date) -> frozenset[str]:
    """Return the erased sessions of a business day."""
    with store.reading() as connection:
        return frozenset(connection.execute(select(tombstones.c.session_id).where(tombstones.c.day == day)).scalars())


def all_tombstones(store: Store) -> list[Tombstone]:
    """Return every tombstone, oldest first, for a restore to replay."""
    columns = (tombstones.c[name] for name in ("session_id", "day", "actor", "reason", "created_at"))
    query = select(*columns).order_by(tombstones.c.created_at, tombstones.c.session_id)
    with store.reading() as connection:
        return [Tombstone(*row) for row in connection.execute(query)]
