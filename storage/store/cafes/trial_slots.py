"""Trial slots: how many rewarded feedbacks a café's trial has left, decided in one place for all replicas.

A slot is reserved when a guest presses start, on a lease that is extended while the session lives; it is used when
the feedback is sent and given back when the session is abandoned. A session under way always finishes: one that
finds no slot left at its end is kept, and earns nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update

from pilot.cafes import Cafe
from storage.store.cafes import cafe_states
from storage.store.engine import Store, serialise
from storage.store.schemas.core import trial_slots

LEASE_SECONDS = 600
WARN_SHARE = 0.8

Reserved = Literal["reserved", "unrewarded", "full"]


@dataclass(frozen=True, slots=True)
class Slot:
    """One session's slot.

    Attributes:
        session_id: The session.
        cafe: The café's id.
        used: Whether the feedback was sent.
        rewarded: Whether it counts against the limit, and may so be rewarded.
        lease_until: Until when a slot that is not used is held, UTC.
        used_at: When the feedback was sent, UTC.
    """

    session_id: str
    cafe: str
    used: bool
    rewarded: bool
    lease_until: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class TrialUse:
    """How far a café's trial has come.

    Attributes:
        used: Feedbacks sent within the limit.
        reserved: Sessions under way that hold a slot.
        unrewarded: Feedbacks sent beyond the limit.
        limit: How many there may be.
    """

    used: int
    reserved: int
    unrewarded: int
    limit: int

    @property
    def full(self) -> bool:
        """Return whether no further session gets a slot now."""
        return self.used + self.reserved >= self.limit

    @property
    def nearly_full(self) -> bool:
        """Return whether it is time to warn: four fifths are used."""
        return self.used >= WARN_SHARE * self.limit


def reserve(store: Store, *, session_id: str, cafe: Cafe) -> Reserved:
    """Hold a slot for a session that starts; asked again it extends the lease.

    Returns:
        `reserved`; where no slot is left `unrewarded` if the café collects on, otherwise `full`.
    """
    with store.begin() as connection:
        serialise(connection, f"trial:{cafe.id}")
        at = store.now()
        held = connection.execute(select(*_COLUMNS).where(trial_slots.c.session_id == session_id)).first()
        if held is not None and (held.used or held.lease_until > at):
            _extend(connection, [session_id], at=at)
            return "reserved" if held.rewarded else "unrewarded"
        free = not _use(connection, cafe=cafe, at=at).full
        if not free and cafe.on_trial_limit == "stop":
            return "full"
        _clear(connection, cafe=cafe.id, session_id=session_id, at=at)
        _hold(connection, session_id=session_id, cafe=cafe.id, rewarded=free, at=at)
        return "reserved" if free else "unrewarded"


def extend(store: Store, session_ids: Collection[str]) -> None:
    """Extend the leases of sessions that live."""
    if session_ids:
        with store.begin() as connection:
            _extend(connection, session_ids, at=store.now())


def use(store: Store, *, session_id: str, cafe: Cafe) -> bool:
    """Use the slot of a session whose feedback was sent; done again it changes nothing.

    Returns:
        Whether it lies within the limit. A session whose lease ran out, or that started while the store was away,
        gets what is free now.
    """
    with store.begin() as connection:
        serialise(connection, f"trial:{cafe.id}")
        at = store.now()
        held = connection.execute(select(*_COLUMNS).where(trial_slots.c.session_id == session_id)).first()
        if held is not None and held.used:
            return bool(held.rewarded)
        holds = held is not None and held.rewarded and held.lease_until > at
        rewarded = holds or not _use(connection, cafe=cafe, at=at).full
        if held is None:
            _hold(connection, session_id=session_id, cafe=cafe.id, rewarded=rewarded, at=at)
        mine = trial_slots.c.session_id == session_id
        connection.execute(update(trial_slots).where(mine).values(used=True, rewarded=rewarded, used_at=at))
        return rewarded


def use_all(store: Store, *, cafe: Cafe, sent: Mapping[str, datetime]) -> int:
    """Use the slots of sessions that come from elsewhere, in the order in which they were sent; known ones stay.

    Returns:
        How many of the new ones lie beyond the limit.
    """
    with store.begin() as connection:
        serialise(connection, f"trial:{cafe.id}")
        known = set(connection.execute(select(trial_slots.c.session_id).where(trial_slots.c.cafe == cafe.id)).scalars())
        new = sorted((at, session_id) for session_id, at in sent.items() if session_id not in known)
        use = _use(connection, cafe=cafe, at=store.now())
        free = max(0, use.limit - use.used - use.reserved)
        rows = [
            {
                "session_id": session_id,
                "cafe": cafe.id,
                "used": True,
                "rewarded": place < free,
                "reserved_at": at,
                "lease_until": at,
                "used_at": at,
            }
            for place, (at, session_id) in enumerate(new)
        ]
        if rows:
            connection.execute(insert(trial_slots), rows)
        return max(0, len(new) - free)


def release(store: Store, session_id: str) -> None:
    """Give back the slot of a session that was abandoned; a used one stays used."""
    with store.begin() as connection:
        connection.execute(
            delete(trial_slots).where(trial_slots.c.session_id == session_id, trial_slots.c.used.is_(False))
        )


def find(store: Store, session_id: str) -> Slot | None:
    """Return a session's slot."""
    with store.reading() as connection:
        row = connection.execute(select(*_COLUMNS).where(trial_slots.c.session_id == session_id)).first()
    return None if row is None else Slot(*row)


def usage(store: Store, cafe: Cafe) -> TrialUse:
    """Return how far a café's trial has come."""
    with store.reading() as connection:
        return _use(connection, cafe=cafe, at=store.now())


def usages(store: Store, cafes: Collection[Cafe]) -> dict[str, TrialUse]:
    """Return how far each café's trial has come."""
    with store.reading() as connection:
        at = store.now()
        return {cafe.id: _use(connection, cafe=cafe, at=at) for cafe in cafes}


_COLUMNS = (
    trial_slots.c.session_id,
    trial_slots.c.cafe,
    trial_slots.c.used,
    trial_slots.c.rewarded,
    trial_slots.c.lease_until,
    trial_slots.c.used_at,
)


def _use(connection: Connection, *, cafe: Cafe, at: datetime) -> TrialUse:
    changed = cafe_states.find_within(connection, cafe.id).trial_limit
    counts = {
        (bool(row.used), bool(row.rewarded)): int(row.number)
        for row in connection.execute(
            select(trial_slots.c.used, trial_slots.c.rewarded, func.count().label("number"))
            .where(
                trial_slots.c.cafe == cafe.id,
                or_(trial_slots.c.used, trial_slots.c.lease_until > at),
            )
            .group_by(trial_slots.c.used, trial_slots.c.rewarded)
        )
    }
    return TrialUse(
        used=counts.get((True, True), 0),
        reserved=counts.get((False, True), 0),
        unrewarded=counts.get((True, False), 0),
        limit=cafe.trial_limit if changed is None else changed,
    )


def _extend(connection: Connection, session_ids: Collection[str], *, at: datetime) -> None:
    # A lease that ran out may have been given to somebody else: only one that holds is extended.
    connection.execute(
        update(trial_slots)
        .where(
            trial_slots.c.session_id.in_(list(session_ids)),
            trial_slots.c.used.is_(False),
            trial_slots.c.lease_until > at,
        )
        .values(lease_until=at + timedelta(seconds=LEASE_SECONDS))
    )


def _clear(connection: Connection, *, cafe: str, session_id: str, at: datetime) -> None:
    """Remove the session's own lease that ran out, and those of others."""
    run_out = and_(trial_slots.c.cafe == cafe, trial_slots.c.lease_until <= at)
    connection.execute(
        delete(trial_slots).where(trial_slots.c.used.is_(False), or_(run_out, trial_slots.c.session_id == session_id))
    )


def _hold(connection: Connection, *, session_id: str, cafe: str, rewarded: bool, at: datetime) -> None:
    connection.execute(
        insert(trial_slots).values(
            session_id=session_id,
            cafe=cafe,
            used=False,
            rewarded=rewarded,
            reserved_at=at,
            lease_until=at + timedelta(seconds=LEASE_SECONDS),
        )
    )
