"""The router's marks: named moments and positions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from storage.store.engine import Store, serialise
from storage.store.schemas.alerts import alert_marks
from storage.store.schemas.incidents import incident_entries
from storage.store.schemas.money import restores

TAKEN_OVER = "taken_over"
INCIDENT_NOTES = "incident_notes"


def quiet_before(store: Store, *, now: datetime) -> datetime:
    """Return the moment of the take-over, or of the last restore if it is later.

    Nobody is notified of what began before. The first call takes over: older records, and incidents' notes, are kept
    without a message.
    """
    with store.reading() as connection:
        found, _ = read(connection, TAKEN_OVER)
        restored: datetime | None = connection.execute(select(func.max(restores.c.restored_at))).scalar()
    if found is None:
        with store.begin() as connection:
            serialise(connection, "alerts")
            found, _ = read(connection, TAKEN_OVER)
            if found is None:
                last = connection.execute(select(func.max(incident_entries.c.id))).scalar() or 0
                write(connection, INCIDENT_NOTES, at=now, position=last)
                write(connection, TAKEN_OVER, at=now)
                found = now
    return max(found, restored) if restored else found


def read(connection: Connection, name: str) -> tuple[datetime | None, int]:
    """Return a mark's moment and position within a transaction; None and 0 without one."""
    row = connection.execute(select(alert_marks.c.at, alert_marks.c.position).where(alert_marks.c.name == name)).first()
    return (None, 0) if row is None else (row.at, row.position)


def write(connection: Connection, name: str, *, at: datetime, position: int = 0) -> None:
    """Set a mark within a transaction."""
    connection.execute(delete(alert_marks).where(alert_marks.c.name == name))
    connection.execute(insert(alert_marks).values(name=name, at=at, position=position))
