"""The inbox of a provider's events: saved once, before the webhook is answered, then processed."""

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
# The wait after an event's arrival before the next try, by the number of failed tries.
WAITS = tuple(timedelta(seconds=seconds) for seconds in (0, 5, 15, 60, 300, 900, 3600, 6 * 3600))
MOST_TRIES = len(WAITS)  # Then a person decides; the reconciliation finds any money that moved.
AWAY_TRIES = 4  # An outage never exhausts the tries: the event is retried within minutes, for ever.
# Longer than a provider lists or redelivers events, so that none is saved twice.
KEPT_FOR = timedelta(days=90)
IDS_PER_QUERY = 500  # SQLite limits the values of a statement.
REPLAYED: EventCode = "replayed"
LATEST = 200  # The events that the usual lag is computed from.


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """One event: a hint that an object changed, without its new state.

    Attributes:
        id: The provider's id.
        rail: The rail.
        kind: The provider's type, such as `transfer.created`.
        object_id: The id of its object.
        account: The recipient's account; empty for our own.
        made_at: When the provider created it.
    """

    id: str
    rail: str
    kind: str
    object_id: str
    account: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Lag:
    """The lag of a rail's events.

    Attributes:
        waiting: The number of unprocessed events.
        failed: The number of events that could not be processed.
        oldest_received_at: When the oldest waiting event arrived; None if none waits.
        last_received_at: When the last webhook arrived; None if none did.
        last_delivery_seconds: From its creation to its arrival.
        delivery_seconds: The same for the latest events: median and 95th percentile.
        done_seconds: From arrival to processing, for the latest events: median and 95th percentile.
        undelivered: Number of the latest events without a webhook, found in the provider's list.
    """

    waiting: int
    failed: int
    oldest_received_at: datetime | None
    last_received_at: datetime | None
    last_delivery_seconds: float | None
    delivery_seconds: tuple[float, float] | None = None
    done_seconds: tuple[float, float] | None = None
    undelivered: int = 0


def save(store: Store, events: Collection[ProviderEvent], *, way: Way) -> frozenset[str]:
    """Save the new events in one transaction; return their ids.

    Webhooks are nearly always new; listed events are nearly always known, so those are read first.
    """
    new = list(events) if way == "webhook" else _unknown(store, events)
    if not new:
        return frozenset()
    at = store.now()
    defaults = {"received_at": at, "way": way, "state": "waiting", "tries": 0, "code": ""}
    kept = set()
    with store.begin() as connection:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        for each in sorted(new, key=lambda event: event.id):  # In one order, so that two writers cannot deadlock.
            row = {**{name: getattr(each, name) for name in ProviderEvent.__dataclass_fields__}, **defaults}
            statement = dialect.insert(provider_events).values(row).on_conflict_do_nothing(index_elements=["id"])
            if connection.execute(statement).rowcount:
                kept.add(each.id)
    return frozenset(kept)


def _unknown(store: Store, events: Collection[ProviderEvent]) -> list[ProviderEvent]:
    given = sorted({each.id for each in events})
    known: set[str] = set()
    with store.reading() as connection:
        for start in range(0, len(given), IDS_PER_QUERY):
            part = given[start : start + IDS_PER_QUERY]
            query = select(provider_events.c.id).where(provider_events.c.id.in_(part))
            known.update(connection.execute(query).scalars())
    return [each for each in events if each.id not in known]


def waiting(store: Store, *, rail: str, limit: int) -> list[ProviderEvent]:
    """Return the events to process now: new ones first, then due retries."""
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
    """Mark an event as processed."""
    with store.begin() as connection:
        connection.execute(
            update(provider_events)
            .where(provider_events.c.id == event_id, provider_events.c.state == "waiting")
            .values(state="done", code=code, done_at=store.now())
        )


def defer(store: Store, event_id: str, *, code: str, provider_away: bool = False) -> None:
    """Record a failed try; after too many the event fails, unless the provider was away."""
    with store.begin() as connection:
        mine = (provider_events.c.id == event_id) & (provider_events.c.state == "waiting")
        if provider_away:
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
    """Queue events again; return their number.

    They count as listed and received now, so that they affect neither delivery times nor waiting times.

    Args:
        store: The store.
        rail: The rail.
        since: The earliest creation time; None for all.
        only: The id of a single event; empty for all.
        failed: Whether to queue only failed events.
        actor: Who replays them, for the audit log; empty if the caller records it.
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
            audit.record(
                connection,
                actor=actor,
                action="events.replay",
                subject=only or rail,
                details={"events": count},
                at=store.now(),
            )
        return count


def forget_old(store: Store) -> int:
    """Delete old processed events; return their number."""
    old = (provider_events.c.made_at < store.now() - KEPT_FOR) & (provider_events.c.state != "waiting")
    with store.begin() as connection:
        return connection.execute(delete(provider_events).where(old)).rowcount


def lag(store: Store, *, rail: str) -> Lag:
    """Return the lag of a rail's events."""
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
    delivered = [row for row in rows if row.way == "webhook"]
    return Lag(
        waiting=by_state.get("waiting", (0, None))[0],
        failed=by_state.get("failed", (0, None))[0],
        oldest_received_at=by_state.get("waiting", (0, None))[1],
        last_received_at=newest.received_at if newest else None,
        last_delivery_seconds=(newest.received_at - newest.made_at).total_seconds() if newest else None,
        delivery_seconds=_usual([(row.received_at - row.made_at).total_seconds() for row in delivered]),
        done_seconds=_usual([(row.done_at - row.received_at).total_seconds() for row in rows if row.done_at]),
        undelivered=len(rows) - len(delivered),
    )


def _usual(seconds: list[float]) -> tuple[float, float] | None:
    """Return the median and the 95th percentile."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 19 // 20)]
