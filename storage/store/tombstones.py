"""Tombstones: sessions that a guest had erased; no rebuild brings them back."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import insert, select

from pilot.business_days import session_day
from storage.errors import StorageError
from storage.store import audit, outbox
from storage.store.engine import Store, serialise
from storage.store.schema import tombstones


class NotASession(StorageError):
    """The text is not a session's identifier."""


def add(store: Store, *, session_id: str, actor: str, reason: str) -> None:
    """Mark a session as erased; its day is rebuilt without it. Marking it again changes nothing.

    Raises:
        NotASession: `session_id` is not a UUIDv7.
    """
    try:
        day = session_day(session_id)
    except ValueError:
        raise NotASession(
            "That is not a session's identifier: expected a UUID of version 7.", remedy="Take it from the receipt."
        ) from None
    at = store.now()
    with store.begin() as connection:
        serialise(connection, "outbox")
        if connection.execute(select(tombstones.c.day).where(tombstones.c.session_id == session_id)).first():
            return
        connection.execute(
            insert(tombstones).values(session_id=session_id, day=day, actor=actor, reason=reason, created_at=at)
        )
        outbox.touch(connection, day=day, reason="tombstone", at=at)
        audit.record(connection, actor=actor, action="session.erase", subject=session_id, reason=reason, at=at)


def erased_at(store: Store, session_id: str) -> datetime | None:
    """Return when a session was erased, UTC; None where it was not."""
    with store.reading() as connection:
        query = select(tombstones.c.created_at).where(tombstones.c.session_id == session_id)
        return connection.execute(query).scalar_one_or_none()


def for_day(store: Store, day: date) -> frozenset[str]:
    """Return the erased sessions of a business day."""
    with store.reading() as connection:
        return frozenset(connection.execute(select(tombstones.c.session_id).where(tombstones.c.day == day)).scalars())
