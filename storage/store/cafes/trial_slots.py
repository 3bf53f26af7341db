"""Trial slots: the rewarded feedbacks left in a café's trial, shared by all replicas.

A slot is reserved when a guest presses start, on a short lease until the guest consents, then on one that is extended
while the session lives, and short again once its connection is lost. It is used when the feedback is sent and released
when the session is abandoned. A running session can always finish: without a free slot at its end, its feedback is
saved but earns nothing. A reward that waits for a person, was refused or was declined takes no slot, so that a script
cannot use up the trial.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, update

from pilot.cafes import Cafe
from storage.store.cafes import cafe_states
from storage.store.engine import Store, serialise
from storage.store.schemas.core import trial_slots
from storage.store.schemas.unpaid_sessions import unpaid_sessions

LEASE_SECONDS = 600
LEASE_AFTER_LOSS_SECONDS = 120  # Long enough to reconnect; who comes later takes a free slot.
LEASE_UNTIL_CONSENT_SECONDS = 60  # Long enough to read the question; a silent session blocks nobody for longer.
WARN_SHARE = 0.8

Reserved = Literal["reserved", "unrewarded", "full"]


@dataclass(frozen=True, slots=True)
class Slot:
    """One session's slot.

    Attributes:
        session_id: The session.
        cafe: The café's id.
        used: Whether the feedback was sent.
        rewarded: Whether it is within the limit, and so may be rewarded.
        lease_until: The end of an unused slot's lease, UTC.
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
    """The use of a café's trial.

    Attributes:
        used: Feedbacks sent within the limit, without those whose reward is held, was refused or was declined.
        reserved: Running sessions with a slot.
        unrewarded: Feedbacks sent beyond the limit.
        limit: The limit of rewarded feedbacks.
    """

    used: int
    reserved: int
    unrewarded: int
    limit: int

    @property
    def full(self) -> bool:
        """Return whether no slot is free."""
        return self.used + self.reserved >= self.limit

    @property
    def nearly_full(self) -> bool:
        """Return whether four fifths are used, which calls for a warning."""
        return self.used >= WARN_SHARE * self.limit


def reserve(store: Store, *, session_id: str, cafe: Cafe, seconds: int = LEASE_SECONDS) -> Reserved:
    """Reserve a slot for a session; repeated, it extends the lease.

    Args:
        store: The store.
        session_id: The session.
        cafe: Its café.
        seconds: The lease.

    Returns: `reserved`; without a free slot `unrewarded` if the café continues to collect feedback, else `full`.
    """
    with store.begin() as connection:
        serialise(connection, f"trial:{cafe.id}")
        at = store.now()
        held = connection.execute(select(*_COLUMNS).where(trial_slots.c.session_id == session_id)).first()
        if held is not None and (held.used or held.lease_until > at):
            _extend(connection, [session_id], at=at, seconds=seconds)
            return "reserved" if held.rewarded else "unrewarded"
        free = not _use(connection, cafe=cafe, at=at).full
        if not free and cafe.on_trial_limit == "stop":
            return "full"
        _clear(connection, cafe=cafe.id, session_id=session_id, at=at)
        _hold(connection, session_id=session_id, cafe=cafe.id, rewarded=free, at=at, seconds=seconds)
        return "reserved" if free else "unrewarded"


def extend(store: Store, session_ids: Collection[str], *, seconds: int = LEASE_SECONDS) -> None:
    """Set the valid leases of sessions to so many seconds from now: fewer for a lost one."""
    if session_ids:
        with store.begin() as connection:
            _extend(connection, session_ids, at=store.now(), seconds=seconds)


def use(store: Store, *, session_id: str, cafe: Cafe) -> bool:
    """Use the slot of a session whose feedback was sent; repeated, it changes nothing.

    Returns:
        Whether it is within the limit. A session with an expired lease, or one that started during an outage of the
        store, gets a slot if one is free.
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
    """Use slots for imported sessions in the order in which they were sent; known ones stay unchanged.

    Returns:
        The number of new sessions beyond the limit.
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
    """Release the slot of an abandoned session; a used one stays used."""
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
    """Return the use of a café's trial."""
    with store.reading() as connection:
        return _use(connection, cafe=cafe, at=store.now())


def usages(store: Store, cafes: Collection[Cafe]) -> dict[str, TrialUse]:
    """Return the use of each café's trial."""
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


def takes_slot() -> ColumnElement[bool]:
    """Return the condition that a sent feedback takes its slot, until it is decided without a reward."""
    return trial_slots.c.session_id.not_in(unpaid_sessions())


def _use(connection: Connection, *, cafe: Cafe, at: datetime) -> TrialUse:
    changed = cafe_states.find_within(connection, cafe.id).trial_limit
    counts = {
        (bool(row.used), bool(row.rewarded)): int(row.number)
        for row in connection.execute(
            select(trial_slots.c.used, trial_slots.c.rewarded, func.count().label("number"))
            .where(
                trial_slots.c.cafe == cafe.id,
                or_(and_(trial_slots.c.used, takes_slot()), and_(~trial_slots.c.used, trial_slots.c.lease_until > at)),
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


def _extend(
    connection: Connection, session_ids: Collection[str], *, at: datetime, seconds: int = LEASE_SECONDS
) -> None:
    # An expired lease may have gone to another session: only a valid one is extended.
    connection.execute(
        update(trial_slots)
        .where(
            trial_slots.c.session_id.in_(list(session_ids)),
            trial_slots.c.used.is_(False),
            trial_slots.c.lease_until > at,
        )
        .values(lease_until=at + timedelta(seconds=seconds))
    )


def _clear(connection: Connection, *, cafe: str, session_id: str, at: datetime) -> None:
    """Delete the café's expired leases and the session's own."""
    run_out = and_(trial_slots.c.cafe == cafe, trial_slots.c.lease_until <= at)
    connection.execute(
        delete(trial_slots).where(trial_slots.c.used.is_(False), or_(run_out, trial_slots.c.session_id == session_id))
    )


def _hold(
    connection: Connection,
    *,
    session_id: str,
    cafe: str,
    rewarded: bool,
    at: datetime,
    seconds: int = LEASE_SECONDS,
) -> None:
    connection.execute(
        insert(trial_slots).values(
            session_id=session_id,
            cafe=cafe,
            used=False,
            rewarded=rewarded,
            reserved_at=at,
            lease_until=at + timedelta(seconds=seconds),
        )
    )
