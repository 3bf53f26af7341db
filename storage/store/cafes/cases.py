"""Cases: what a café does about a theme or an urgent session, by whom, and its answer to the guests.

A case holds codes and the manager's own texts, never a guest's words. `case_changes` writes cases, `case_answers` is
the guests' side. Links to sessions and guests' verdicts are deleted with an erased session, or with the words of its
day (`storage.store.privacy.case_erasure`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Connection, exists, func, select

from storage.errors import StorageError
from storage.store.engine import Store
from storage.store.schemas.cases import case_history, case_sessions, case_verdicts, cases
from storage.store.schemas.core import tombstones

Status = Literal["open", "doing", "done", "dropped"]
Origin = Literal["proposal", "urgent", "manual"]
Action = Literal["open", "assign", "status", "answer"]
STATUSES: tuple[Status, ...] = get_args(Status)
ORIGINS: tuple[Origin, ...] = get_args(Origin)


RefusalCode = Literal["invalid", "too_long", "personal", "transition", "note", "not_done", "replied", "gone"]


class CaseRefused(StorageError):
    """A case, or a change of one, is invalid.

    Attributes:
        code: The kind of the fault, for a sentence in the reader's language.
    """

    def __init__(self, what: str, *, remedy: str, code: RefusalCode = "invalid") -> None:
        super().__init__(what, remedy=remedy)
        self.code = code


@dataclass(frozen=True, slots=True)
class Case:
    """One case.

    Attributes:
        id: Its identifier.
        cafe: The café's id.
        simulated: Whether it is about simulated sessions.
        subject: A theme's code, or the flag of an urgent matter.
        origin: proposal (of a week), urgent, or manual.
        week: The Monday of the week in which it was taken up.
        owner: An account's id or a name; empty for nobody.
        status: open, doing, done or dropped.
        opened_at: When it was opened, UTC.
        first_action_at: When somebody first acted on it, UTC; None before.
        closed_at: When it was last done or dropped, UTC; None while it is open.
        note: The manager's note on what was done.
        said: The manager's words for what the guests said; empty for the theme's own.
        answer: The answer for the guests; empty for none.
        answer_language: The answer's language.
        answered_at: When the answer was last changed, UTC.
    """

    id: str
    cafe: str
    simulated: bool
    subject: str
    origin: Origin
    week: date
    owner: str
    status: Status
    opened_at: datetime
    first_action_at: datetime | None = None
    closed_at: datetime | None = None
    note: str = ""
    said: str = ""
    answer: str = ""
    answer_language: Literal["sv", "en"] = "sv"
    answered_at: datetime | None = None

    @property
    def is_answered(self) -> bool:
        """Return whether its guests can read an answer: one exists, and what it promises is done."""
        return self.status == "done" and bool(self.answer)


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a case's history; it holds no texts."""

    at: datetime
    actor: str
    action: Action
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Replies:
    """The guests' side of a case: how many sessions are linked, and their verdicts."""

    linked: int = 0
    better: int = 0
    not_yet: int = 0


_COLUMNS = tuple(cases.c[field.name] for field in fields(Case))


def find_case(store: Store, case_id: str) -> Case | None:
    """Return a case; None if there is none."""
    with store.reading() as connection:
        return read_case(connection, case_id)


def read_case(connection: Connection, case_id: str) -> Case | None:
    """Return a case within a transaction; None if there is none."""
    row = connection.execute(select(*_COLUMNS).where(cases.c.id == case_id)).first()
    return None if row is None else Case(**row._mapping)


def cases_of(
    store: Store, cafes: Collection[str], *, simulated: bool = False, since: datetime | None = None
) -> list[Case]:
    """Return some cafés' cases, newest first.

    Args:
        store: The store.
        cafes: The cafés' ids.
        simulated: Whether to return simulated cases instead of real ones.
        since: Leaves out cases that were closed before this moment; None for all.
    """
    wanted = _of(cafes, simulated=simulated)
    if since is not None:
        wanted &= cases.c.closed_at.is_(None) | (cases.c.closed_at >= since)
    query = select(*_COLUMNS).where(wanted).order_by(cases.c.opened_at.desc(), cases.c.id.desc())
    with store.reading() as connection:
        return [Case(**row._mapping) for row in connection.execute(query)]


def history(store: Store, case_id: str) -> list[Change]:
    """Return a case's history, oldest first."""
    columns = (case_history.c[field.name] for field in fields(Change))
    query = select(*columns).where(case_history.c.case_id == case_id).order_by(case_history.c.id)
    with store.reading() as connection:
        return [Change(**row._mapping) for row in connection.execute(query)]


def sessions_of(store: Store, cafes: Collection[str], *, simulated: bool = False) -> dict[str, list[str]]:
    """Return the linked sessions of each case of some cafés, without erased ones, oldest session first."""
    erased = exists(select(tombstones.c.session_id).where(tombstones.c.session_id == case_sessions.c.session_id))
    query = (
        select(case_sessions.c.case_id, case_sessions.c.session_id)
        .join(cases, cases.c.id == case_sessions.c.case_id)
        .where(_of(cafes, simulated=simulated), ~erased)
        .order_by(case_sessions.c.session_id)
    )
    found: dict[str, list[str]] = {}
    with store.reading() as connection:
        for case_id, session_id in connection.execute(query):
            found.setdefault(case_id, []).append(session_id)
    return found


def replies_of(store: Store, cafes: Collection[str], *, simulated: bool = False) -> dict[str, Replies]:
    """Return the guests' side of each case of some cafés; a case without linked sessions is left out."""
    erased = exists(select(tombstones.c.session_id).where(tombstones.c.session_id == case_sessions.c.session_id))
    mine = (case_verdicts.c.case_id == case_sessions.c.case_id) & (
        case_verdicts.c.session_id == case_sessions.c.session_id
    )
    query = (
        select(
            case_sessions.c.case_id,
            func.count(),
            *(func.count().filter(case_verdicts.c.verdict == verdict) for verdict in ("better", "not_yet")),
        )
        .join(cases, cases.c.id == case_sessions.c.case_id)
        .outerjoin(case_verdicts, mine)
        .where(_of(cafes, simulated=simulated), ~erased)
        .group_by(case_sessions.c.case_id)
    )
    with store.reading() as connection:
        return {case_id: Replies(*counts) for case_id, *counts in connection.execute(query)}


def _of(cafes: Collection[str], *, simulated: bool) -> ColumnElement[bool]:
    return cases.c.cafe.in_(sorted(set(cafes))) & (cases.c.simulated == simulated)
