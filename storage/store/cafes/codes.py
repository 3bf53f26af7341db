"""The short codes in QR addresses: their cafés and places, and whether they are retired or replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, func, insert, select, update

from pilot.composed import composed
from pilot.identifiers import new_code, readable
from storage.errors import StorageError, UnknownCode
from storage.store import audit
from storage.store.engine import Store, serialise
from storage.store.schemas.core import audit_log, codes

MOST_LABEL_CHARACTERS = 40
MOST_ACTIVE = 60  # of one café: a place each

ISSUE, RETIRE = "code.issue", "code.retire"
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


@dataclass(frozen=True, slots=True)
class CodeEvent:
    """One change of a code, from the audit log.

    Attributes:
        at: When, UTC.
        action: code.issue or code.retire.
        code: The code.
        actor: Who did it.
        reason: The reason; empty for a first issue.
        other: The code that it replaces, or that replaces it; empty for none.
    """

    at: datetime
    action: str
    code: str
    actor: str
    reason: str
    other: str


class CodeRefused(StorageError):
    """A code's label or number does not allow the operation.

    Attributes:
        code: Why.
    """

    def __init__(self, what: str, *, remedy: str, code: Literal["label", "too_many"]) -> None:
        super().__init__(what, remedy=remedy)
        self.code = code


def plain_label(text: str) -> str:
    """Return a place's name with single spaces.

    Raises:
        CodeRefused: it is empty or too long.
    """
    label = " ".join(composed(text).split())
    if not label or len(label) > MOST_LABEL_CHARACTERS or not label.isprintable():
        raise CodeRefused(
            f"label is text of {len(label)} characters: expected 1 to {MOST_LABEL_CHARACTERS}.",
            remedy="Name the place, for example window.",
            code="label",
        )
    return label


def issue(store: Store, *, cafe: str, label: str, actor: str) -> Code:
    """Issue a new code for a café."""
    with store.begin() as connection:
        return issue_within(connection, cafe=cafe, label=label, actor=actor, at=store.now())


def add(store: Store, *, cafe: str, label: str, actor: str) -> Code:
    """Issue a code for a further place of a café.

    Raises:
        CodeRefused: the label is invalid, or the café has too many codes.
    """
    plain = plain_label(label)
    with store.begin() as connection:
        serialise(connection, f"codes:{cafe}")
        mine = select(func.count()).where(codes.c.cafe == cafe, codes.c.retired_at.is_(None))
        if connection.execute(mine).scalar_one() >= MOST_ACTIVE:
            raise CodeRefused(f"{cafe} has {MOST_ACTIVE} codes.", remedy="Retire unused ones first.", code="too_many")
        return issue_within(connection, cafe=cafe, label=plain, actor=actor, at=store.now())


def replace(store: Store, code: str, *, actor: str, reason: str, cafe: str | None = None) -> Code:
    """Issue a new code for the place of an active one, and retire the old one for good, at once.

    Args:
        store: The store.
        code: The active code.
        actor: Who replaces it.
        reason: Why.
        cafe: The café that it must be of; None for any.

    Raises:
        UnknownCode: there is no such active code.
    """
    with store.begin() as connection:
        serialise(connection, f"code:{readable(code) or ''}")
        old = _active(connection, code, cafe=cafe)
        at = store.now()
        new = issue_within(
            connection,
            cafe=old.cafe,
            label=old.label,
            actor=actor,
            at=at,
            reason=reason,
            details={"replaces": old.code},
        )
        _retire(connection, old.code, actor=actor, reason=reason, at=at, details={"replaced_by": new.code})
        return new


def succeed(store: Store, code: str, *, actor: str, reason: str) -> Code:
    """Issue a code for the place of a retired one; the place's active code if it has one.

    Raises:
        UnknownCode: there is no such retired code.
    """
    with store.begin() as connection:
        serialise(connection, f"code:{readable(code) or ''}")
        is_it = (codes.c.code == (readable(code) or ""), codes.c.retired_at.is_not(None))
        old = connection.execute(select(*_COLUMNS).where(*is_it)).first()
        if old is None:
            raise UnknownCode(f"There is no retired code {code!r}.", remedy="`pilot qr list` shows the codes.")
        place = (codes.c.cafe == old.cafe, codes.c.label == old.label, codes.c.retired_at.is_(None))
        if active := connection.execute(select(*_COLUMNS).where(*place)).first():
            return Code(*active)
        return issue_within(
            connection,
            cafe=old.cafe,
            label=old.label,
            actor=actor,
            at=store.now(),
            reason=reason,
            details={"replaces": old.code},
        )


def last_retired(store: Store) -> dict[str, str]:
    """Return the code of each café that was retired last."""
    query = select(codes.c.cafe, codes.c.code).where(codes.c.retired_at.is_not(None)).order_by(codes.c.retired_at)
    with store.reading() as connection:
        return {row.cafe: row.code for row in connection.execute(query)}


def issue_within(
    connection: Connection,
    *,
    cafe: str,
    label: str,
    actor: str,
    at: datetime,
    reason: str = "",
    details: Mapping[str, str] | None = None,
) -> Code:
    """Issue a new code within a transaction."""
    code = new_code()
    while connection.execute(select(codes.c.code).where(codes.c.code == code)).first():
        code = new_code()
    connection.execute(insert(codes).values(code=code, cafe=cafe, label=label, created_at=at))
    audit.record(
        connection,
        actor=actor,
        action=ISSUE,
        subject=code,
        reason=reason,
        details={"cafe": cafe, "label": label, **(details or {})},
        at=at,
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


def of_cafe(store: Store, cafe: str) -> list[Code]:
    """Return a café's codes, retired ones too, by place and age."""
    query = select(*_COLUMNS).where(codes.c.cafe == cafe).order_by(codes.c.label, codes.c.created_at, codes.c.code)
    with store.reading() as connection:
        return [Code(*row) for row in connection.execute(query)]


def history(store: Store, cafe: str) -> list[CodeEvent]:
    """Return the changes of a café's codes, latest first."""
    log = audit_log.c
    query = (
        select(log.at, log.action, log.subject, log.actor, log.reason, log.details)
        .join(codes, codes.c.code == log.subject)
        .where(log.action.in_((ISSUE, RETIRE)), codes.c.cafe == cafe)
        .order_by(log.id.desc())
    )
    with store.reading() as connection:
        return [
            CodeEvent(*row[:-1], other=row.details.get("replaces") or row.details.get("replaced_by") or "")
            for row in connection.execute(query)
        ]


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
        _retire(connection, row.code, actor=actor, reason=reason, at=store.now())


def _active(connection: Connection, code: str, *, cafe: str | None) -> Code:
    query = select(*_COLUMNS).where(codes.c.code == (readable(code) or ""), codes.c.retired_at.is_(None))
    row = connection.execute(query if cafe is None else query.where(codes.c.cafe == cafe)).first()
    if row is None:
        raise UnknownCode(f"There is no active code {code!r}.", remedy="`pilot qr list` shows the codes.")
    return Code(*row)


def _retire(
    connection: Connection,
    code: str,
    *,
    actor: str,
    reason: str,
    at: datetime,
    details: Mapping[str, str] | None = None,
) -> None:
    connection.execute(update(codes).where(codes.c.code == code).values(retired_at=at))
    audit.record(connection, actor=actor, action=RETIRE, subject=code, reason=reason, details=details, at=at)


def record_distribution(store: Store, given: Sequence[Code], *, to: str, actor: str) -> None:
    """Record who was given the printed codes."""
    with store.begin() as connection:
        for code in given:
            details = {"cafe": code.cafe, "label": code.label, "to": to}
            audit.record(connection, actor=actor, action="code.distribute", subject=code.code, details=details)
