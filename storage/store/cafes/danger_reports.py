"""Dangers that guests report, for the café's manager: one row for each turn, without its words.

Append-only. A report is deleted with its erased session, or with the words of its day
(`storage.store.privacy.danger_erasure`).
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Literal, get_args

from sqlalchemy import Connection, exists, insert, select

from storage.errors import StorageError
from storage.store.engine import Store, serialise
from storage.store.schemas.core import danger_reports, tombstones
from storage.store.schemas.privacy import expirations

Happens = Literal["now", "earlier"]
HAPPENS: tuple[Happens, ...] = get_args(Happens)
CODE = re.compile(r"[a-z][a-z_]{0,39}")


class ReportRefused(StorageError):
    """The report is invalid."""


@dataclass(frozen=True, slots=True)
class DangerReport:
    """One danger, reported in one turn.

    Attributes:
        session_id: The session.
        turn: The number of its turn.
        cafe: Its café's id.
        day: Its business day.
        simulated: Whether a simulator or test client made it.
        kind: The code of the danger's kind: allergy, breathing, ...
        happens: Whether it happens now or has happened.
        who: The code of who is in danger: guest, companion, staff or other.
        reported_at: When the guest reported it, UTC.
    """

    session_id: str
    turn: int
    cafe: str
    day: date
    simulated: bool
    kind: str
    happens: Happens
    who: str
    reported_at: datetime


_COLUMNS = tuple(danger_reports.c[field.name] for field in fields(DangerReport))


def add_report(store: Store, report: DangerReport) -> bool:
    """Add a report; return whether it is new.

    A turn's first report stays unchanged. Nothing is added to an erased session, or to a day whose words have expired.

    Raises:
        ReportRefused: a field is not a code, as a guest's words would not be.
    """
    _validate(report)
    with store.begin() as connection:
        # An erasure or expiration that begins later finds the report; one that began earlier is found here.
        serialise(connection, "outbox")
        serialise(connection, "expirations")
        if _is_known(connection, report) or _is_gone(connection, report):
            return False
        connection.execute(insert(danger_reports).values(asdict(report)))
    return True


def reports_since(store: Store, day: date, *, simulated: bool = False) -> list[DangerReport]:
    """Return the reports of a business day and later ones, oldest first, without erased sessions.

    Args:
        store: The store.
        day: The first business day.
        simulated: Whether to return simulated sessions' reports instead of real ones.
    """
    table = danger_reports
    erased = exists(select(tombstones.c.session_id).where(tombstones.c.session_id == table.c.session_id))
    query = (
        select(*_COLUMNS)
        .where(table.c.day >= day, table.c.simulated == simulated, ~erased)
        .order_by(table.c.reported_at, table.c.session_id, table.c.turn)
    )
    with store.reading() as connection:
        return [DangerReport(**row._mapping) for row in connection.execute(query)]


def _is_known(connection: Connection, report: DangerReport) -> bool:
    mine = (danger_reports.c.session_id == report.session_id) & (danger_reports.c.turn == report.turn)
    return connection.execute(select(danger_reports.c.turn).where(mine)).first() is not None


def _is_gone(connection: Connection, report: DangerReport) -> bool:
    """Return whether the session is erased, or the words of its day have expired."""
    erased = select(tombstones.c.day).where(tombstones.c.session_id == report.session_id)
    expired = select(expirations.c.day).where(expirations.c.day == report.day, expirations.c.kind == "words")
    return any(connection.execute(query).first() is not None for query in (erased, expired))


def _validate(report: DangerReport) -> None:
    if not (CODE.fullmatch(report.kind) and CODE.fullmatch(report.who)):
        raise ReportRefused(
            "The kind of a danger or who is in it is not a code.", remedy="Write it as the reader does: allergy, ..."
        )
    if report.happens not in HAPPENS:
        raise ReportRefused("The time of a danger is unknown.", remedy=f"Give one of {', '.join(HAPPENS)}.")
