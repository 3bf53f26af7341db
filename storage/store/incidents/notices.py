"""The outbox of texts for managers: one of a kind for each incident and café."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import insert, select

from storage.store.engine import Store, serialise
from storage.store.incidents.incidents import Entry, add_entry, find_within
from storage.store.schemas.incidents import incident_notices

NoticeKind = Literal["down", "over"]


@dataclass(frozen=True, slots=True)
class Notice:
    """One text that waits for a carrier, or was sent."""

    incident_id: str
    cafe: str
    kind: NoticeKind
    message: str
    queued_at: datetime
    sent_at: datetime | None = None


def queue_notices(
    store: Store, incident_id: str, kind: NoticeKind, messages: Mapping[str, str], *, actor: str
) -> list[Notice]:
    """Queue a text for each café that has none of this kind yet; return the new ones.

    Args:
        store: The store.
        incident_id: The incident.
        kind: down, or over.
        messages: The texts by café.
        actor: Who or what queues them.

    Raises:
        IncidentRefused: there is no such incident.
    """
    with store.begin() as connection:
        serialise(connection, "incidents")
        found, at = find_within(connection, incident_id), store.now()
        mine = (incident_notices.c.incident_id == found.id) & (incident_notices.c.kind == kind)
        known = set(connection.execute(select(incident_notices.c.cafe).where(mine)).scalars())
        new = [Notice(found.id, cafe, kind, message, at) for cafe, message in messages.items() if cafe not in known]
        for each in new:
            connection.execute(
                insert(incident_notices).values(
                    incident_id=each.incident_id,
                    cafe=each.cafe,
                    kind=kind,
                    message=each.message,
                    queued_at=at,
                    queued_by=actor,
                )
            )
        if new:
            cafes = ", ".join(each.cafe for each in new)
            add_entry(connection, found.id, Entry(at, actor, "notified", f"Text to managers queued ({kind}): {cafes}"))
    return new


def notices_of(store: Store, incident_id: str) -> list[Notice]:
    """Return the texts of an incident, oldest first."""
    columns = [incident_notices.c[name] for name in ("incident_id", "cafe", "kind", "message", "queued_at", "sent_at")]
    query = select(*columns).where(incident_notices.c.incident_id == incident_id).order_by(incident_notices.c.id)
    with store.reading() as connection:
        return [Notice(*row) for row in connection.execute(query)]
