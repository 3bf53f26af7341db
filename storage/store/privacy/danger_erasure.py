"""Deletes reported dangers with an erased session, or with the words in which they were reported.

A report is append-only; a trigger refuses any other deletion (migration 0014). Both functions run within the caller's
transaction, and repeated they also delete reports added since.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, delete, exists, select

from storage.store.schemas.core import danger_reports, tombstones


def delete_of_session(connection: Connection, session_id: str) -> int:
    """Delete an erased session's reports; return their number."""
    marked = exists(select(tombstones.c.session_id).where(tombstones.c.session_id == session_id))
    mine = danger_reports.c.session_id == session_id
    return connection.execute(delete(danger_reports).where(mine, marked)).rowcount


def delete_of_day(connection: Connection, day: date) -> int:
    """Delete the reports of a business day whose words have expired; return their number."""
    return connection.execute(delete(danger_reports).where(danger_reports.c.day == day)).rowcount
