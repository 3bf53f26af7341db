"""The page Help has words only; what it finds by a guest's reference is compared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from proving.analytics.registration import Choice, Query, Reader, Reading
from storage.store.rewards import receipts

PAGE = "help.py"


@dataclass(frozen=True, slots=True)
class FoundGuest:
    """A guest that a reference finds."""

    reference: str
    session_id: str
    cafe: str
    day: date
    created_at: datetime


def _found(reader: Reader, choice: Choice) -> list[FoundGuest]:
    with reader.store.reading() as connection:
        known = [row[0] for row in connection.exec_driver_sql("select distinct reference from receipts")]
    return [
        FoundGuest(one.reference, one.session_id, one.cafe, one.day, one.created_at)
        for reference in known
        for one in receipts.by_reference(reader.store, reference)
        if reader.principal.sees(one.cafe)
    ]


READINGS = (
    Reading(
        page=PAGE,
        name="found",
        function=receipts.by_reference,
        kind=list[FoundGuest],
        choices=lambda reader: [Choice(reader.cafes, reader.days[0], reader.days[-1], reader.simulated)],
        shown=_found,
        queries=(
            Query(
                sql="select reference, session_id, cafe, day, created_at from receipts where cafe in $cafes",
                key=("reference", "session_id"),
                of_store=True,
            ),
        ),
    ),
)
