"""The outbox: business days whose figures a write has changed; a sensor rebuilds them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, insert, select

from storage.store.engine import Store, serialise
from storage.store.schemas.core import outbox


def touch(connection: Connection, *, day: date, reason: str, at: datetime) -> None:
    """Record a day as changed, within the transaction of the change.

    Transactions that touch a day are serialised: with concurrent ids, a reader's cursor could pass one that is
    committed late.
    """
    serialise(connection, "outbox")
    connection.execute(insert(outbox).values(day=day, reason=reason, created_at=at))


def touched_days(store: Store, *, after: int) -> tuple[int, frozenset[date]]:
    """Return the new cursor, and the days touched since the cursor `after` (0 at first)."""
    query = select(outbox.c.id, outbox.c.day).where(outbox.c.id > after).order_by(outbox.c.id)
    with store.reading() as connection:
        rows = connection.execute(query).all()
    return (rows[-1].id if rows else after), frozenset(row.day for row in rows)
