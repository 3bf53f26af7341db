"""The short codes in QR addresses: their cafés, and whether they are retired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from pilot.identifiers import new_code, readable
from storage.errors import UnknownCode
from storage.store import audit
from storage.store.engine import Store
from storage.store.schemas.core import codes

_COLUMNS = (codes.c.code, codes.c.cafe, codes.c.label, codes.c.created_at, codes.c.retired_at)


@dataclass(frozen=True, slots=True)
class Code:
    """One short code.

    Attributes:
        code: Six readable characters.
        cafe: The café's id.
        label: Its place, for example `table` or `till`.
        created_at: When it was issued, UTC.
        retired_at: When it was retired, UTC; None while it opens the page.
    """

    code: str
    cafe: str
    label: str
    created_at: datetime
    retired_at: datetime | None = None


def issue(store: Store, *, cafe: str, label: str, actor: str) -> Code:
    """Issue a new code for a café."""
    with store.begin() as connection:
        return issue_within(connection, cafe=cafe, label=label, actor=actor, at=store.now())


def issue_within(connection: Connection, *, cafe: str, label: str, actor: str, at: datetime) -> Code:
    """Issue a new code within a transaction."""
    code = new_code()
    while connection.execute(select(codes.c.code).where(codes.c.code == code)).first():
        code = new_code()
    connection.execute(insert(codes).values(code=code, cafe=cafe, label=label, created_at=at))
    audit.record(
        connection, actor=actor, action="code.issue", subject=code, details={"cafe": cafe, "label": label}, at=at
    )
    return Code(code, cafe, label, at)


def find(store: Store, code: str) -> Code | None:
    """Return a typed code, also a retired one, ignoring case, spaces and dashes; None if unknown."""
    folded = readable(code)
    if folded is None:
        return None
    with store.reading() as connection:
        row = connection.execute(select(*_COLUMNS).where(codes.c.code == folded)).first()
    return None if row is None else Code(*row)


def active(store: Store) -> list[Code]:
    """Return the active codes, by café, label and age."""
    query = (
        select(*_COLUMNS)
        .where(codes.c.retired_at.is_(None))
        .order_by(codes.c.cafe, codes.c.label, codes.c.created_at, codes.c.code)
    )
    with store.reading() as connection:
        return [Code(*row) for row in connection.execute(query)]


def retire(store: Store, code: str, *, actor: str, reason: str) -> None:
    """Retire a code for good: its address then explains where to find the new one.

    Raises:
        UnknownCode: there is no such code.
    """
    folded = readable(code)
    with store.begin() as connection:
        row = connection.execute(select(*_COLUMNS).where(codes.c.code == (folded or ""))).first()
        if row is None:
            raise UnknownCode(f"There is no code {code!r}.", remedy="`pilot qr list` shows the codes.")
        if row.retired_at is not None:
            return
        at = store.now()
        connection.execute(update(codes).where(codes.c.code == row.code).values(retired_at=at))
        audit.record(connection, actor=actor, action="code.retire", subject=row.code, reason=reason, at=at)


def replace(store: Store, code: str, *, actor: str, reason: str) -> Code:
    """Retire a code for good and issue its successor for the same place; return the successor.

    Raises:
        UnknownCode: there is no such active code.
    """
    found = find(store, code)
    if found is None or found.retired_at is not None:
        raise UnknownCode(f"There is no active code {code!r}.", remedy="`pilot qr list` shows the codes.")
    with store.begin() as connection:
        at = store.now()
        connection.execute(update(codes).where(codes.c.code == found.code).values(retired_at=at))
        audit.record(connection, actor=actor, action="code.retire", subject=found.code, reason=reason, at=at)
        return issue_within(connection, cafe=found.cafe, label=found.label, actor=actor, at=at)


def record_distribution(store: Store, given: Sequence[Code], *, to: str, actor: str) -> None:
    """Record who was given the printed codes."""
    with store.begin() as connection:
        for code in given:
            details = {"cafe": code.cafe, "label": code.label, "to": to}
            audit.record(connection, actor=actor, action="code.distribute", subject=code.code, details=details)
