"""Deletes cases' links to erased or expired sessions, and these guests' verdicts.

A trigger refuses any other deletion (migration 0017). The case itself stays: it holds nothing of a guest. Both
functions run within the caller's transaction, and repeated they also delete rows added since.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, delete, exists, select

from storage.store.schemas.cases import case_sessions, case_verdicts
from storage.store.schemas.core import tombstones

TABLES = (case_verdicts, case_sessions)


def delete_of_session(connection: Connection, session_id: str) -> int:
    """Delete an erased session's links and verdicts; return their number."""
    marked = exists(select(tombstones.c.session_id).where(tombstones.c.session_id == session_id))
    return sum(
        connection.execute(delete(table).where(table.c.session_id == session_id, marked)).rowcount for table in TABLES
    )


def delete_of_day(connection: Connection, day: date) -> int:
    """Delete the links and verdicts of a business day whose words have expired; return their number."""
    return sum(connection.execute(delete(table).where(table.c.day == day)).rowcount for table in TABLES)
