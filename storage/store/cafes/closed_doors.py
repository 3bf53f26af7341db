"""The periods in which the pilot turned guests away: maintenance, a paused café, a full trial."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import Connection, select

from pilot.business_days import day_bounds
from pilot.cafes import Cafe
from storage.store import audit
from storage.store.cafes import switches
from storage.store.cafes.trial_slots import takes_slot
from storage.store.engine import Store
from storage.store.schemas.core import audit_log, trial_slots

Window = tuple[datetime, datetime]


def windows_of(store: Store, cafes: Iterable[Cafe], *, day: date, until: datetime) -> dict[str, list[Window]]:
    """Return the closed periods of each café on `day` up to `until`; they may overlap."""
    start, ends = day_bounds(day)
    end = min(until, ends)
    maintenance = switches.windows_on(store, "maintenance", start=start, end=end)
    return {
        cafe.id: [
            *maintenance,
            *audit.windows(store, cafe.id, begins="cafe.pause", ends="cafe.resume", start=start, end=end),
            *(trial_full(store, cafe, start=start, end=end) if cafe.on_trial_limit == "stop" else ()),
        ]
        for cafe in cafes
    }


def trial_full(store: Store, cafe: Cafe, *, start: datetime, end: datetime) -> list[Window]:
    """Return the periods between two moments in which a café's trial was full.

    Each lasts from the trial's last feedback until its limit was raised. Reserved slots are left out: they are
    released within minutes.
    """
    with store.reading() as connection:
        steps: list[tuple[datetime, int | None]] = [(at, None) for at in _used(connection, cafe, before=end)]
        steps += [(at, limit) for at, limit in _limits(connection, cafe).items() if at < end]
    found: list[Window] = []
    count, limit, since = 0, cafe.trial_limit, None
    for at, raised_to in sorted(steps, key=lambda step: step[0]):
        count, limit = (count + 1, limit) if raised_to is None else (count, raised_to)
        if count >= limit:
            since = since or at
        elif since is not None:
            found.append((since, at))
            since = None
    if since is not None:
        found.append((since, end))
    return [(max(on, start), off) for on, off in found if off > start]


def trial_limits(store: Store, cafe: Cafe) -> list[tuple[datetime, int]]:
    """Return the changed limits of a café's trial with their times; empty if the file's limit applies."""
    with store.reading() as connection:
        return list(_limits(connection, cafe).items())


def trial_used(store: Store, cafe: Cafe, *, before: datetime) -> int:
    """Return the number of rewarded feedbacks in a café's trial before a moment."""
    with store.reading() as connection:
        return len(_used(connection, cafe, before=before))


def _used(connection: Connection, cafe: Cafe, *, before: datetime) -> list[datetime]:
    query = select(trial_slots.c.used_at).where(
        trial_slots.c.cafe == cafe.id,
        trial_slots.c.used,
        trial_slots.c.rewarded,
        trial_slots.c.used_at < before,
        takes_slot(),
    )
    return list(connection.execute(query).scalars())


def _limits(connection: Connection, cafe: Cafe) -> dict[datetime, int]:
    """Return each changed limit by its time, in order; the last entry of a time wins."""
    query = (
        select(audit_log.c.at, audit_log.c.details)
        .where(audit_log.c.subject == cafe.id, audit_log.c.action == "cafe.trial_limit")
        .order_by(audit_log.c.at, audit_log.c.id)
    )
    return {at: int(details["to"]) for at, details in connection.execute(query)}
