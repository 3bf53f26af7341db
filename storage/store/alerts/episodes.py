"""Episodes of alerts: begun and ended by records, acknowledged and judged by people.

A record is applied only if it is newer than the latest change of its name and subject. So a file of records can be
applied again from its start, and two watches that report one alert have one episode.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, insert, select, update

from storage.errors import StorageError
from storage.store import audit
from storage.store.engine import Store, serialise
from storage.store.schemas.alerts import alert_episodes as rows

State = Literal["firing", "acknowledged", "resolved"]
Severity = Literal["high", "medium", "low"]
Verdict = Literal["", "true", "false"]
LOCK = "alerts"
SHORTEST_ID = 4
MOST_READ = 2000


class EpisodeRefused(StorageError):
    """There is no such episode, or it cannot be changed in this way."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One record of an alert that began or ended.

    Attributes:
        name: The kind of alert.
        subject: What it is about; names no guest.
        severity: high, medium or low.
        condition: What is wrong, in words; empty if it may hold a guest's words.
        cafe: The café; empty for none.
        is_firing: Whether it began.
        is_event: Whether it has no end.
        at: When.
    """

    name: str
    subject: str
    severity: Severity
    condition: str
    cafe: str
    is_firing: bool
    is_event: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Episode:
    """One alert from its first firing to its resolution.

    Attributes:
        id: Its identifier, made from name, subject and beginning.
        name: The kind of alert.
        subject: What it is about.
        cafe: The café; empty for none.
        severity: high, medium or low.
        condition: What is wrong, in words; empty if it may hold a guest's words.
        state: firing, acknowledged or resolved.
        is_event: Whether it has no end of its own: an acknowledgement ends it.
        began_at: When it first fired.
        changed_at: When it last began or ended.
        ended_at: When it ended.
        flaps: How often it fired again soon after its end.
        level: The support level that was notified last; 0 if none was.
        pages: How often the highest level was notified.
        escalate_at: When the next level is notified if nobody acknowledges; None for never.
        announced_at: When its messages were planned; None while it is silenced or taken over.
        closed_at: When its resolution was announced; it cannot fire again after that.
        acknowledged_at: When a person acknowledged it.
        acknowledged_by: Who did.
        verdict: Whether it was right to fire, by a person; empty if unjudged.
        verdict_by: Who judged.
    """

    id: str
    name: str
    subject: str
    cafe: str
    severity: Severity
    condition: str
    state: State
    is_event: bool
    began_at: datetime
    changed_at: datetime
    ended_at: datetime | None
    flaps: int
    level: int
    pages: int
    escalate_at: datetime | None
    announced_at: datetime | None
    closed_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    verdict: Verdict
    verdict_by: str

    @property
    def short_id(self) -> str:
        """Return the part of the id that people type."""
        return self.id[:8]


_COLUMNS = tuple(rows.c[field.name] for field in fields(Episode))


def episode_id(name: str, subject: str, began_at: datetime) -> str:
    """Return the identifier of the episode that begins with a record."""
    return hashlib.sha256(f"{name}\n{subject}\n{began_at.isoformat()}".encode()).hexdigest()[:16]


def apply(store: Store, transitions: Sequence[Transition], *, quiet_before: datetime) -> int:
    """Apply records in order; return how many changed an episode.

    Args:
        store: The store.
        transitions: The records, oldest first within a name and subject.
        quiet_before: Episodes that began before are kept, but nobody is notified of them.
    """
    if not transitions:
        return 0
    with store.begin() as connection:
        serialise(connection, LOCK)
        return sum(_apply(connection, each, quiet_before=quiet_before) for each in transitions)


def _apply(connection: Connection, record: Transition, *, quiet_before: datetime) -> bool:
    mine = (rows.c.name == record.name) & (rows.c.subject == record.subject)
    found = connection.execute(select(*_COLUMNS).where(mine).order_by(rows.c.began_at.desc()).limit(1)).first()
    latest = None if found is None else Episode(**found._mapping)
    if latest is not None and record.at <= latest.changed_at:
        return False
    if not record.is_firing:
        if latest is None or latest.state == "resolved":
            return False
        ended = {"state": "resolved", "changed_at": record.at, "ended_at": record.at}
        connection.execute(update(rows).where(rows.c.id == latest.id).values(**ended))
        return True
    if latest is not None and latest.state != "resolved":
        return False
    if latest is not None and latest.closed_at is None and not latest.is_event:
        state = "firing" if latest.acknowledged_at is None else "acknowledged"
        again = {"state": state, "changed_at": record.at, "ended_at": None, "flaps": latest.flaps + 1}
        connection.execute(update(rows).where(rows.c.id == latest.id).values(**again))
        return True
    connection.execute(insert(rows).values(**_new(record, quiet=record.at < quiet_before)))
    return True


def _new(record: Transition, *, quiet: bool) -> dict[str, object]:
    return {
        "id": episode_id(record.name, record.subject, record.at),
        "name": record.name,
        "subject": record.subject,
        "cafe": record.cafe,
        "severity": record.severity,
        "condition": record.condition,
        # An old event needs nobody any more; an old condition is open until it ends.
        "state": "resolved" if quiet and record.is_event else "firing",
        "is_event": record.is_event,
        "began_at": record.at,
        "changed_at": record.at,
        "ended_at": record.at if quiet and record.is_event else None,
        "flaps": 0,
        "level": 0,
        "pages": 0,
        "escalate_at": None,
        "announced_at": None,
        "closed_at": record.at if quiet else None,
        "acknowledged_at": None,
        "acknowledged_by": "",
        "verdict": "",
        "verdict_by": "",
    }


def open_episodes(store: Store) -> list[Episode]:
    """Return the episodes that are not resolved, or whose resolution is not announced; oldest first."""
    wanted = (rows.c.state != "resolved") | rows.c.closed_at.is_(None)
    with store.reading() as connection:
        return [
            Episode(**row._mapping)
            for row in connection.execute(select(*_COLUMNS).where(wanted).order_by(rows.c.began_at, rows.c.id))
        ]


def latest(store: Store, *, limit: int = MOST_READ, since: datetime | None = None) -> list[Episode]:
    """Return episodes, newest first.

    Args:
        store: The store.
        limit: The most that are read.
        since: The earliest beginning; None for any.
    """
    query = select(*_COLUMNS).order_by(rows.c.began_at.desc(), rows.c.id).limit(limit)
    if since is not None:
        query = query.where(rows.c.began_at >= since)
    with store.reading() as connection:
        return [Episode(**row._mapping) for row in connection.execute(query)]


def find(store: Store, identifier: str) -> Episode:
    """Return the episode whose id begins with some characters.

    Raises:
        EpisodeRefused: there is none, or more than one.
    """
    with store.reading() as connection:
        return _find(connection, identifier)


def by_ids(store: Store, identifiers: Collection[str]) -> dict[str, Episode]:
    """Return episodes by id."""
    with store.reading() as connection:
        found = connection.execute(select(*_COLUMNS).where(rows.c.id.in_(list(identifiers))))
        return {row.id: Episode(**row._mapping) for row in found}


def read(connection: Connection, identifier: str) -> Episode | None:
    """Return an episode by its full id within a transaction; None without one."""
    row = connection.execute(select(*_COLUMNS).where(rows.c.id == identifier)).first()
    return None if row is None else Episode(**row._mapping)


def note_announced(connection: Connection, episode: Episode, *, level: int, at: datetime, due: datetime | None) -> None:
    """Record within a transaction that a level is notified; `due` is when the next one follows."""
    values = {"level": level, "escalate_at": due, "pages": episode.pages + 1}
    if episode.announced_at is None:
        values["announced_at"] = at
    connection.execute(update(rows).where(rows.c.id == episode.id).values(**values))


def note_notified(store: Store, moments: Mapping[str, datetime]) -> None:
    """Record the resolved episodes that people were notified of while the store was away, and when."""
    with store.begin() as connection:
        serialise(connection, LOCK)
        for identifier, at in moments.items():
            mine = (rows.c.id == identifier) & (rows.c.state == "resolved") & rows.c.announced_at.is_(None)
            connection.execute(update(rows).where(mine).values(announced_at=at))


def note_closed(connection: Connection, episode: Episode, *, at: datetime) -> None:
    """Record within a transaction that an episode's resolution is announced, or needs no message."""
    connection.execute(update(rows).where(rows.c.id == episode.id).values(closed_at=at, escalate_at=None))


def end_event(connection: Connection, episode: Episode, *, at: datetime) -> None:
    """End an event within a transaction: nobody acknowledged it in time."""
    values = {"state": "resolved", "ended_at": at, "changed_at": at, "closed_at": at, "escalate_at": None}
    connection.execute(update(rows).where(rows.c.id == episode.id).values(**values))


def acknowledge(
    store: Store, identifier: str, *, actor: str, reason: str, verdict: Verdict = "", at: datetime | None = None
) -> Episode:
    """Acknowledge an episode, and judge it if a verdict is given; return it.

    An episode that is resolved or acknowledged already is only judged.

    Args:
        store: The store.
        identifier: The id, or its first characters.
        actor: Who does it.
        reason: Why, for the audit log.
        verdict: true, false, or empty for no judgement.
        at: When; the store's now by default.

    Raises:
        EpisodeRefused: there is no such episode, or nothing would change.
    """
    now = at or store.now()
    with store.begin() as connection:
        serialise(connection, LOCK)
        found = _find(connection, identifier)
        values: dict[str, object] = {}
        if found.state == "firing":
            values |= {"state": "acknowledged", "acknowledged_at": now, "acknowledged_by": actor, "escalate_at": None}
            if found.is_event:
                values |= {"state": "resolved", "ended_at": now, "changed_at": now, "closed_at": now}
        if verdict:
            values |= {"verdict": verdict, "verdict_by": actor}
        if not values:
            raise EpisodeRefused(
                f"The alert {found.short_id} is {found.state} already.",
                remedy="Judge it with --true or --false; `pilot alerts list` shows who acknowledged it.",
            )
        connection.execute(update(rows).where(rows.c.id == found.id).values(**values))
        audit.record(
            connection,
            actor=actor,
            action="alert.acknowledge" if found.state == "firing" else "alert.judge",
            subject=found.id,
            reason=reason,
            details={"name": found.name, "verdict": verdict},
            at=now,
        )
        return _find(connection, found.id)


def _find(connection: Connection, identifier: str) -> Episode:
    known = identifier.strip().lower()
    if len(known) < SHORTEST_ID or not all(each in "0123456789abcdef" for each in known):
        raise EpisodeRefused(
            f"{identifier[:20]!r} is no alert's id: expected {SHORTEST_ID} or more hexadecimal digits.",
            remedy="`pilot alerts list` shows the ids.",
        )
    found = connection.execute(select(*_COLUMNS).where(rows.c.id.startswith(known)).limit(2)).all()
    if len(found) != 1:
        fault = "There is no alert" if not found else "More than one alert begins with"
        raise EpisodeRefused(f"{fault} {known!r}.", remedy="`pilot alerts list` shows the ids.")
    return Episode(**found[0]._mapping)
