"""Receipts, which guests open under a secret address; the store has only its hash."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime

from sqlalchemy import Insert, func, select
from sqlalchemy.dialects import postgresql, sqlite

from pilot.identifiers import readable
from storage.store.engine import Store
from storage.store.schemas.core import receipts


@dataclass(frozen=True, slots=True)
class Receipt:
    """One receipt, without the guest's words.

    Attributes:
        receipt_hash: SHA-256 of the token in the receipt's address.
        reference: Read out to support; it opens nothing.
        session_id: The session.
        cafe: The café's id.
        day: The session's business day.
        language: sv or en.
        simulated: Whether a simulator or test client made it.
        created_at: When the feedback was sent, UTC.
        preliminary_score: The score computed at once, 0-100; None if that failed.
        preliminary_eligible: Whether a reward is likely; None if unknown.
        rubric_version: The rubric of both.
    """

    receipt_hash: str
    reference: str
    session_id: str
    cafe: str
    day: date
    language: str
    simulated: bool
    created_at: datetime
    preliminary_score: int | None
    preliminary_eligible: bool | None
    rubric_version: str


_COLUMNS = tuple(receipts.c[field.name] for field in fields(Receipt))


def save(store: Store, receipt: Receipt) -> None:
    """Save a receipt; an existing one stays unchanged."""
    with store.begin() as connection:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        statement: Insert = (
            insert(receipts).values(asdict(receipt)).on_conflict_do_nothing(index_elements=[receipts.c.receipt_hash])
        )
        connection.execute(statement)


def by_hash(store: Store, receipt_hash: str) -> Receipt | None:
    """Return the receipt under a hash."""
    with store.reading() as connection:
        row = connection.execute(select(*_COLUMNS).where(receipts.c.receipt_hash == receipt_hash)).first()
    return None if row is None else Receipt(*row)


def by_reference(store: Store, reference: str) -> list[Receipt]:
    """Return the receipts with a spoken reference, newest first; it is short, so guests may share one."""
    folded = readable(reference)
    if folded is None:
        return []
    query = select(*_COLUMNS).where(receipts.c.reference == folded).order_by(receipts.c.created_at.desc())
    with store.reading() as connection:
        return [Receipt(*row) for row in connection.execute(query)]


def references(store: Store, session_ids: Collection[str]) -> dict[str, str]:
    """Return the spoken reference of each session that has a receipt."""
    query = select(receipts.c.session_id, receipts.c.reference).where(receipts.c.session_id.in_(sorted(session_ids)))
    with store.reading() as connection:
        return {row.session_id: row.reference for row in connection.execute(query)}


def newest_day(store: Store) -> date | None:
    """Return the latest business day with a receipt, None if there is none."""
    with store.reading() as connection:
        return connection.execute(select(func.max(receipts.c.day))).scalar_one_or_none()
