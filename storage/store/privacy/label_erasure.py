"""Deletes labels of feedback with an erased session, or with the words that they are about.

A label is append-only; a trigger refuses any other deletion (migration 0013). Both functions run within the caller's
transaction, and repeated they also delete labels added since.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, delete, exists, select

from storage.store.schemas.core import feedback_labels, tombstones


def delete_of_session(connection: Connection, session_id: str) -> int:
    """Delete an erased session's labels; return their number."""
    marked = exists(select(tombstones.c.session_id).where(tombstones.c.session_id == session_id))
    mine = feedback_labels.c.session_id == session_id
    return connection.execute(delete(feedback_labels).where(mine, marked)).rowcount


def delete_of_day(connection: Connection, day: date) -> int:
    """Delete the labels of a business day whose words have expired; return their number."""
    return connection.execute(delete(feedback_labels).where(feedback_labels.c.day == day)).rowcount
