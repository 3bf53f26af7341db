"""The audit log: who did what, and why; written in the same transaction as the action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from storage.store.engine import Store, now_utc
from storage.store.schemas.core import audit_log


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit log.

    Attributes:
        at: When, UTC.
        actor: A person's account, or a procedure.
        action: The action, `noun.verb`: `code.issue`.
        subject: The identifier of its object, never a customer's words.
        reason: The person's reason, or a procedure's code.
        details: Further fields.
    """

    at: datetime
    actor: str
    action: str
    subject: str
    reason: str
    details: Mapping[str, Any]


def record(
    connection: Connection,
    *,
    actor: str,
    action: str,
    subject: str,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    """Add an entry within the transaction of the action."""
    connection.execute(
        insert(audit_log).values(
            at=at or now_utc(),
            actor=actor,
            action=action,
            subject=subject,
            reason=reason,
            details=dict(details or {}),
        )
    )


def recent(store: Store, limit: int) -> list[Entry]:
    """Return the latest entries, newest first."""
    query = (
        select(
            audit_log.c.at,
            audit_log.c.actor,
            audit_log.c.action,
            audit_log.c.subject,
            audit_log.c.reason,
            audit_log.c.details,
        )
        .order_by(audit_log.c.id.desc())
        .limit(limit)
    )
    with store.reading() as connection:
        return [Entry(*row) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries of the audit log to read; empty fields do not restrict.

    Attributes:
        actor: The exact actor.
        action: The exact action.
        subject: The exact subject.
        since: The earliest moment.
        until: The first moment that is too late.
    """

    actor: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


def page(store: Store, wanted: Filter, *, offset: int, limit: int) -> tuple[list[Entry], int]:
    """Return some entries, newest first, and the number of all that match."""
    conditions = [
        column == value
        for column, value in (
            (audit_log.c.actor, wanted.actor),
            (audit_log.c.action, wanted.action),
            (audit_log.c.subject, wanted.subject),
        )
        if value
    ]
    if wanted.since is not None:
        conditions.append(audit_log.c.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(audit_log.c.at < wanted.until)
    query = select(
        audit_log.c.at,
        audit_log.c.actor,
        audit_log.c.action,
        audit_log.c.subject,
        audit_log.c.reason,
        audit_log.c.details,
    ).where(*conditions)
    with store.reading() as connection:
        count = connection.execute(select(func.count()).select_from(audit_log).where(*conditions)).scalar_one()
        rows = connection.execute(query.order_by(audit_log.c.id.desc()).offset(offset).limit(limit))
        return [Entry(*row) for row in rows], int(count)


def names(store: Store) -> tuple[list[str], list[str]]:
    """Return all actors and all actions of the audit log, in alphabetical order."""
    with store.reading() as connection:
        return (
            list(connection.execute(select(audit_log.c.actor).distinct().order_by(audit_log.c.actor)).scalars()),
            list(connection.execute(select(audit_log.c.action).distinct().order_by(audit_log.c.action)).scalars()),
        )


def windows(
    store: Store, subject: str, *, begins: str, ends: str, start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """Return the periods between two actions on a subject, in order, clipped to two moments.

    Args:
        store: The store.
        subject: The subject.
        begins: The action that begins a period.
        ends: The action that ends it.
        start: The earliest moment.
        end: The latest moment.
    """
    query = (
        select(audit_log.c.at, audit_log.c.action)
        .where(audit_log.c.subject == subject, audit_log.c.action.in_([begins, ends]), audit_log.c.at < end)
        .order_by(audit_log.c.id)
    )
    with store.reading() as connection:
        turned = connection.execute(query).all()
    found: list[tuple[datetime, datetime]] = []
    since: datetime | None = None
    for at, action in turned:
        if action == begins:
            since = since or at
        elif since is not None:
            found.append((since, at))
            since = None
    if since is not None:
        found.append((since, end))
    return [(max(on, start), off) for on, off in found if off > start]
