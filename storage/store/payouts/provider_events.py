"""What a provider told us of, each event once: kept before it is answered, looked at after."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.store import audit
from storage.store.engine import Store
from storage.store.payouts.payout_codes import EventCode
from storage.store.schemas.provider import provider_events

Way = Literal["webhook", "listed"]
State = Literal["waiting", "done", "failed"]
# How long after its arrival an event is looked at again, by how often it was tried in vain.
WAITS = tuple(timedelta(seconds=seconds) for seconds in (0, 5, 15, 60, 300, 900, 3600, 6 * 3600))
MOST_TRIES = len(WAITS)  # What is refused still is left to a person; the reconciliation finds what it moved.
AWAY_TRIES = 4  # While the provider is away nothing is given up: it is asked again within minutes, for ever.
# Longer than a provider lists events or tells them again, so that none is kept twice.
KEPT_FOR = timedelta(days=90)
ASKED_AT_ONCE = 500  # SQLite takes some thousand values in a statement.
REPLAYED: EventCode = "replayed"
LATEST = 200  # So many events tell the usual lag.


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
        delivery_seconds: The same of the latest ones, the median and what one in twenty exceeds.
        done_seconds: From the arrival of the latest ones until they were looked at, likewise.
        unheard: How many of the latest ones no webhook told: they were found in the provider's list.
    """

    waiting: int
    failed: int
    oldest_received_at: datetime | None
    last_received_at: datetime | None
    last_delivery_seconds: float | None
    delivery_seconds: tuple[float, float] | None = None
    done_seconds: tuple[float, float] | None = None
    unheard: int = 0


def keep(store: Store, events: Collection[ProviderEvent], *, way: Way) -> frozenset[str]:
    """Keep the events that are new, in one transaction; return their ids.

    What a webhook tells is nearly always new, what is listed nearly always known: that is only read.
    """
    new = list(events) if way == "webhook" else _unknown(store, events)
    if not new:
        return frozenset()
    at = store.now()
    told = {"received_at": at, "way": way, "state": "waiting", "tries": 0, "code": ""}
    kept = set()
    with store.begin() as connection:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        for each in sorted(new, key=lambda event: event.id):  # In one order: two writers never wait for each other.
            row = {**{name: getattr(each, name) for name in ProviderEvent.__dataclass_fields__}, **told}
            statement = dialect.insert(provider_events).values(row).on_conflict_do_nothing(index_elements=["id"])
            if connection.execute(statement).rowcount:
                kept.add(each.id)
    return frozenset(kept)


def _unknown(store: Store, events: Collection[ProviderEvent]) -> list[ProviderEvent]:
    given = sorted({each.id for each in events})
    known: set[str] = set()
    with store.reading() as connection:
        for start in range(0, len(given), ASKED_AT_ONCE):
            part = given[start : start + ASKED_AT_ONCE]
            query = select(provider_events.c.id).where(provider_events.c.id.in_(part))
            known.update(connection.execute(query).scalars())
    return [each for each in events if each.id not in known]


def waiting(store: Store, *, rail: str, limit: int) -> list[ProviderEvent]:
    """Return the events that are to be looked at now: new ones first, then what was tried in vain, as it is due."""
    names = [provider_events.c[name] for name in ProviderEvent.__dataclass_fields__]
    query = (
        select(*names, provider_events.c.tries, provider_events.c.received_at)
        .where(provider_events.c.state == "waiting", provider_events.c.rail == rail)
        .order_by(provider_events.c.tries, provider_events.c.received_at, provider_events.c.id)
        .limit(limit)
    )
    at = store.now()
    with store.reading() as connection:
        rows = connection.execute(query).all()
    return [ProviderEvent(*row[:-2]) for row in rows if at - row.received_at >= WAITS[min(row.tries, MOST_TRIES - 1)]]


def finish(store: Store, event_id: str, *, code: str = "") -> None:
    """Mark an event as looked at."""
    with store.begin() as connection:
        connection.execute(
            update(provider_events)
            .where(provider_events.c.id == event_id, provider_events.c.state == "waiting")
            .values(state="done", code=code, done_at=store.now())
        )


def put_off(store: Store, event_id: str, *, code: str, away: bool = False) -> None:
    """Count a try that came to nothing; after many the event is left to a person, unless the provider was away."""
    with store.begin() as connection:
        mine = (provider_events.c.id == event_id) & (provider_events.c.state == "waiting")
        if away:
            few = mine & (provider_events.c.tries < AWAY_TRIES)
            connection.execute(update(provider_events).where(few).values(tries=provider_events.c.tries + 1))
            connection.execute(update(provider_events).where(mine).values(code=code))
            return
        connection.execute(update(provider_events).where(mine).values(tries=provider_events.c.tries + 1, code=code))
        connection.execute(
            update(provider_events)
            .where(mine, provider_events.c.tries >= MOST_TRIES)
            .values(state="failed", done_at=store.now())
        )


def replay(
    store: Store, *, rail: str, since: datetime | None = None, only: str = "", failed: bool = False, actor: str = ""
) -> int:
    """Let events be looked at once more; return how many.

    They count as come in now, and as listed: no webhook is late by them, and none has waited since its first arrival.

    Args:
        store: The store.
        rail: The rail.
        since: Those made since; None: from the beginning.
        only: One event by its id; empty: all.
        failed: Only those that could not be looked at.
        actor: Who asks, for the audit log; empty where the caller has written it there.
    """
    with store.begin() as connection:
        again = provider_events.c.rail == rail
        if since is not None:
            again &= provider_events.c.made_at >= since
        if only:
            again &= provider_events.c.id == only
        if failed:
            again &= provider_events.c.state == "failed"
        count = connection.execute(
            update(provider_events)
            .where(again)
            .values(state="waiting", tries=0, code=REPLAYED, done_at=None, way="listed", received_at=store.now())
        ).rowcount
        if actor:
            told = {"events": count}
            audit.record(
                connection, actor=actor, action="events.replay", subject=only or rail, details=told, at=store.now()
            )
        return count


def forget_old(store: Store) -> int:
    """Remove the events that were looked at long ago; return how many."""
    old = (provider_events.c.made_at < store.now() - KEPT_FOR) & (provider_events.c.state != "waiting")
    with store.begin() as connection:
        return connection.execute(delete(provider_events).where(old)).rowcount


def lag(store: Store, *, rail: str) -> Lag:
    """Return how far behind the events of a rail are."""
    mine = provider_events.c.rail == rail
    counts = select(provider_events.c.state, func.count(), func.min(provider_events.c.received_at)).where(
        mine, provider_events.c.state.in_(["waiting", "failed"])
    )
    last = (
        select(provider_events.c.received_at, provider_events.c.made_at)
        .where(mine, provider_events.c.way == "webhook")
        .order_by(provider_events.c.received_at.desc())
        .limit(1)
    )
    latest = (
        select(
            provider_events.c.made_at,
            provider_events.c.received_at,
            provider_events.c.done_at,
            provider_events.c.way,
        )
        .where(mine)
        .order_by(provider_events.c.received_at.desc())
        .limit(LATEST)
    )
    with store.reading() as connection:
        by_state = {row[0]: (row[1], row[2]) for row in connection.execute(counts.group_by(provider_events.c.state))}
        newest = connection.execute(last).first()
        rows = connection.execute(latest).all()
    heard = [row for row in rows if row.way == "webhook"]
    return Lag(
        waiting=by_state.get("waiting", (0, None))[0],
        failed=by_state.get("failed", (0, None))[0],
        oldest_received_at=by_state.get("waiting", (0, None))[1],
        last_received_at=newest.received_at if newest else None,
        last_delivery_seconds=(newest.received_at - newest.made_at).total_seconds() if newest else None,
        delivery_seconds=_usual([(row.received_at - row.made_at).total_seconds() for row in heard]),
        done_seconds=_usual([(row.done_at - row.received_at).total_seconds() for row in rows if row.done_at]),
        unheard=len(rows) - len(heard),
    )


def _usual(seconds: list[float]) -> tuple[float, float] | None:
    """Return the median, and what one in twenty exceeds."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 19 // 20)]
