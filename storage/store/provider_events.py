"""What a provider told us of, each event once: kept before it is answered, looked at after."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.store.engine import Store
from storage.store.provider_schema import provider_events

Way = Literal["webhook", "listed"]
State = Literal["waiting", "done", "failed"]
MOST_TRIES = 20  # What still cannot be looked at then is left to a person; the reconciliation finds what it moved.


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """One event: a hint that something changed, never what it changed to.

    Attributes:
        id: The provider's.
        rail: The rail.
        kind: The provider's type, as `transfer.created`.
        object_id: What it is about.
        account: The recipient's account that it happened to, empty for our own.
        made_at: When the provider made it.
    """

    id: str
    rail: str
    kind: str
    object_id: str
    account: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Lag:
    """How far behind the events are.

    Attributes:
        waiting: How many were received and not looked at.
        failed: How many could not be looked at.
        oldest_received_at: When the oldest waiting one came; None where none waits.
        last_received_at: When the last one came by webhook; None where none ever did.
        last_delivery_seconds: From the making of that one to its arrival.
    """

    waiting: int
    failed: int
    oldest_received_at: datetime | None
    last_received_at: datetime | None
    last_delivery_seconds: float | None


def keep(store: Store, events: Collection[ProviderEvent], *, way: Way) -> int:
    """Keep the events that are new; return how many were."""
    if not events:
        return 0
    rows = [
        {
            **{name: getattr(each, name) for name in ProviderEvent.__dataclass_fields__},
            "received_at": store.now(),
            "way": way,
            "state": "waiting",
            "tries": 0,
            "note": "",
        }
        for each in events
    ]
    with store.begin() as connection:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        new = 0
        for row in rows:
            statement = dialect.insert(provider_events).values(row).on_conflict_do_nothing(index_elements=["id"])
            new += connection.execute(statement).rowcount
        return new


def waiting(store: Store, *, rail: str, limit: int) -> list[ProviderEvent]:
    """Return the events that wait, the oldest first; several about one thing are each returned."""
    names = [provider_events.c[name] for name in ProviderEvent.__dataclass_fields__]
    query = (
        select(*names)
        .where(provider_events.c.state == "waiting", provider_events.c.rail == rail)
        .order_by(provider_events.c.received_at, provider_events.c.id)
        .limit(limit)
    )
    with store.reading() as connection:
        return [ProviderEvent(*row) for row in connection.execute(query)]


def finish(store: Store, event_id: str, *, note: str = "") -> None:
    """Mark an event as looked at."""
    with store.begin() as connection:
        connection.execute(
            update(provider_events)
            .where(provider_events.c.id == event_id, provider_events.c.state == "waiting")
            .values(state="done", note=note, done_at=store.now())
        )


def put_off(store: Store, event_id: str, *, note: str) -> None:
    """Count a try that came to nothing; after many the event is left to a person."""
    with store.begin() as connection:
        mine = (provider_events.c.id == event_id) & (provider_events.c.state == "waiting")
        connection.execute(update(provider_events).where(mine).values(tries=provider_events.c.tries + 1, note=note))
        connection.execute(
            update(provider_events)
            .where(mine, provider_events.c.tries >= MOST_TRIES)
            .values(state="failed", done_at=store.now())
        )


def replay(store: Store, *, rail: str, since: datetime) -> int:
    """Let the events made since a moment be looked at once more; return how many."""
    with store.begin() as connection:
        again = (provider_events.c.rail == rail) & (provider_events.c.made_at >= since)
        return connection.execute(
            update(provider_events).where(again).values(state="waiting", tries=0, note="replayed", done_at=None)
        ).rowcount


def newest_made_at(store: Store, *, rail: str) -> datetime | None:
    """Return when the newest event that is kept was made."""
    query = select(func.max(provider_events.c.made_at)).where(provider_events.c.rail == rail)
    with store.reading() as connection:
        found: datetime | None = connection.execute(query).scalar()
    return found


def lag(store: Store, *, rail: str) -> Lag:
    """Return how far behind the events of a rail are."""
    mine = provider_events.c.rail == rail
    counts = select(provider_events.c.state, func.count(), func.min(provider_events.c.received_at)).where(mine)
    last = (
        select(provider_events.c.received_at, provider_events.c.made_at)
        .where(mine, provider_events.c.way == "webhook")
        .order_by(provider_events.c.received_at.desc())
        .limit(1)
    )
    with store.reading() as connection:
        by_state = {row[0]: (row[1], row[2]) for row in connection.execute(counts.group_by(provider_events.c.state))}
        newest = connection.execute(last).first()
    return Lag(
        waiting=by_state.get("waiting", (0, None))[0],
        failed=by_state.get("failed", (0, None))[0],
        oldest_received_at=by_state.get("waiting", (0, None))[1],
        last_received_at=newest.received_at if newest else None,
        last_delivery_seconds=(newest.received_at - newest.made_at).total_seconds() if newest else None,
    )
