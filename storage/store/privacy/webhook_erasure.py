"""Deletes the webhooks of erased or expired sessions, with their attempts; they hold no words.

Both functions run within the caller's transaction, and repeated they also delete rows added since.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, Connection, delete, select

from storage.store.schemas.webhooks import webhook_attempts, webhook_deliveries


def delete_of_session(connection: Connection, session_id: str) -> int:
    """Delete an erased session's deliveries; return their number."""
    return _delete(connection, webhook_deliveries.c.session_id == session_id)


def delete_of_day(connection: Connection, day: date) -> int:
    """Delete the deliveries of a business day whose words have expired; return their number."""
    return _delete(connection, webhook_deliveries.c.day == day)


def _delete(connection: Connection, wanted: ColumnElement[bool]) -> int:
    mine = select(webhook_deliveries.c.id).where(wanted)
    connection.execute(delete(webhook_attempts).where(webhook_attempts.c.delivery_id.in_(mine)))
    return connection.execute(delete(webhook_deliveries).where(wanted)).rowcount
