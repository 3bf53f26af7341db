"""Opens, follows and closes incidents; the timeline is only added to, and each change is audited."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import Connection, Row, func, insert, select, update

from pilot.business_days import business_day
from storage.store import audit
from storage.store.engine import Store, serialise
from storage.store.incidents.texts import IncidentRefused, plain_note
from storage.store.schemas.incidents import incident_entries, incidents

Kind = Literal["down", "voice", "payments", "pages", "data", "security"]
EntryKind = Literal["opened", "note", "captured", "notified", "authority", "action", "recovered", "relapsed", "closed"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SEVERITIES = (1, 2, 3)
AUTHORITY_HOURS = 72  # Article 33 of the GDPR: from awareness, in hours that pass.
FURTHEST_BACK = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident.

    Attributes:
        id: Its id, I20261123-1.
        kind: What is affected: down (the guests' page), voice, payments, pages, data or security.
        severity: 1 (everything), 2 (a part) or 3 (a nuisance).
        title: What happens, in a sentence.
        cafes: The affected cafés.
        personal_data: Whether personal data may be affected, so that the authority's deadline runs.
        detected_at: When somebody or something first noticed it, UTC: clocks run from here.
        opened_at: When it was recorded.
        opened_by: Who recorded it.
        closed_at: When it ended; None while it lasts.
        cause: The root cause, as far as it is known.
    """

    id: str
    kind: Kind
    severity: int
    title: str
    cafes: tuple[str, ...]
    personal_data: bool
    detected_at: datetime
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None = None
    cause: str = ""

    @property
    def authority_deadline(self) -> datetime | None:
        """Return when the data-protection authority must have been notified; None if it need not be."""
        return self.detected_at + timedelta(hours=AUTHORITY_HOURS) if self.personal_data else None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an incident's timeline; the public texts are empty unless the status page shows it."""

    at: datetime
    actor: str
    kind: EntryKind
    note: str
    public_sv: str = ""
    public_en: str = ""


def open_incident(
    store: Store,
    *,
    kind: str,
    severity: int,
    title: str,
    cafes: Collection[str],
    actor: str,
    personal_data: bool = False,
    detected_at: datetime | None = None,
    public: tuple[str, str] = ("", ""),
) -> Incident:
    """Record an incident and the first line of its timeline; return it.

    Args:
        store: The store.
        kind: What is affected.
        severity: 1, 2 or 3.
        title: What happens, in a sentence.
        cafes: The affected cafés.
        actor: Who records it.
        personal_data: Whether personal data may be affected; always so for a security incident.
        detected_at: When it was noticed; by default now.
        public: What the status page says, in Swedish and English; empty for nothing.

    Raises:
        IncidentRefused: a field is not usable.
    """
    if kind not in KINDS:
        raise IncidentRefused(f"The kind {kind[:20]!r} is unknown.", remedy=f"Give one of {', '.join(KINDS)}.")
    if severity not in SEVERITIES:
        raise IncidentRefused(f"The severity {severity} is unknown.", remedy="Give 1 (all), 2 (a part) or 3 (small).")
    at = store.now()
    noticed = detected_at or at
    if not at - FURTHEST_BACK <= noticed <= at:
        raise IncidentRefused(
            "The moment of detection lies in the future or more than 30 days back.", remedy="Give the true one."
        )
    words = plain_note(title, "title", most=200)
    shown = _public(public)
    with store.begin() as connection:
        serialise(connection, "incidents")
        prefix = f"I{business_day(at):%Y%m%d}-"
        of_day = select(func.count()).select_from(incidents).where(incidents.c.id.startswith(prefix))
        number = connection.execute(of_day).scalar_one() + 1
        opened = Incident(
            id=f"{prefix}{number}",
            kind=kind,
            severity=severity,
            title=words,
            cafes=tuple(cafes),
            personal_data=personal_data or kind == "security",
            detected_at=noticed,
            opened_at=at,
            opened_by=actor,
        )
        connection.execute(insert(incidents).values({**_values(opened), "cafes": list(opened.cafes)}))
        add_entry(connection, opened.id, Entry(at, actor, "opened", words, *shown))
    return opened


def add_note(
    store: Store,
    incident_id: str,
    *,
    kind: EntryKind,
    note: str,
    actor: str,
    public: tuple[str, str] = ("", ""),
    at: datetime | None = None,
) -> Incident:
    """Add a line to an incident's timeline; return the incident.

    Raises:
        IncidentRefused: there is no such incident, or a text is not usable.
    """
    words, shown = plain_note(note, "note"), _public(public)
    with store.begin() as connection:
        serialise(connection, "incidents")
        found = find_within(connection, incident_id)
        add_entry(connection, found.id, Entry(at or store.now(), actor, kind, words, *shown))
    return found


def close_incident(
    store: Store, incident_id: str, *, cause: str, actor: str, public: tuple[str, str] = ("", "")
) -> Incident:
    """Close an incident with its root cause; return it.

    Raises:
        IncidentRefused: there is no such incident, it is closed already, or a text is not usable.
    """
    words, shown = plain_note(cause, "cause"), _public(public)
    with store.begin() as connection:
        serialise(connection, "incidents")
        found, at = find_within(connection, incident_id), store.now()
        if found.closed_at is not None:
            raise IncidentRefused(f"{found.id} is closed already.", remedy="Open a new one if it is back.")
        connection.execute(update(incidents).where(incidents.c.id == found.id).values(closed_at=at, cause=words))
        add_entry(connection, found.id, Entry(at, actor, "closed", words, *shown))
    return replace(found, closed_at=at, cause=words)


def find(store: Store, incident_id: str) -> Incident:
    """Return an incident.

    Raises:
        IncidentRefused: there is none with this id.
    """
    with store.reading() as connection:
        return find_within(connection, incident_id)


def latest(store: Store, *, limit: int | None = 50, only_open: bool = False) -> list[Incident]:
    """Return incidents, newest first; all of them without a limit."""
    query = select(incidents).order_by(incidents.c.opened_at.desc(), incidents.c.id.desc()).limit(limit)
    if only_open:
        query = query.where(incidents.c.closed_at.is_(None))
    with store.reading() as connection:
        return [_incident(row) for row in connection.execute(query)]


def timeline(store: Store, incident_id: str) -> list[Entry]:
    """Return an incident's timeline, oldest first."""
    columns = [incident_entries.c[name] for name in ("at", "actor", "kind", "note", "public_sv", "public_en")]
    query = select(*columns).where(incident_entries.c.incident_id == incident_id).order_by(incident_entries.c.id)
    with store.reading() as connection:
        return [Entry(*row) for row in connection.execute(query)]


def add_entry(connection: Connection, incident_id: str, entry: Entry) -> None:
    """Add a line to the timeline and to the audit log, within the transaction of its action."""
    connection.execute(
        insert(incident_entries).values(
            incident_id=incident_id,
            at=entry.at,
            actor=entry.actor,
            kind=entry.kind,
            note=entry.note,
            public_sv=entry.public_sv,
            public_en=entry.public_en,
        )
    )
    audit.record(
        connection,
        actor=entry.actor,
        action=f"incident.{entry.kind}",
        subject=incident_id,
        reason=entry.note,
        at=entry.at,
    )


def find_within(connection: Connection, incident_id: str) -> Incident:
    """Return an incident within a transaction.

    Raises:
        IncidentRefused: there is none with this id.
    """
    row = connection.execute(select(incidents).where(incidents.c.id == incident_id)).first()
    if row is None:
        raise IncidentRefused(
            f"There is no incident {incident_id[:30]!r}.", remedy="`pilot incident list` shows them: I20261123-1."
        )
    return _incident(row)


def _public(texts: tuple[str, str]) -> tuple[str, str]:
    swedish, english = (plain_note(text, "public text", required=False, most=400) for text in texts)
    if bool(swedish) != bool(english):
        raise IncidentRefused("The public text is missing in a language.", remedy="Give --public-sv and --public-en.")
    return swedish, english


def _values(incident: Incident) -> dict[str, object]:
    return {name: getattr(incident, name) for name in Incident.__slots__}


def _incident(row: Row[tuple[object, ...]]) -> Incident:
    values = dict(row._mapping)
    return Incident(**{**values, "cafes": tuple(values["cafes"])})
