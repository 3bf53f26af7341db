"""Customer counts: how many paying customers a café had, the denominator of participation. Every report is kept."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Literal, get_args

import polars as pl
from sqlalchemy import func, insert, select

from pilot.tables import CUSTOMER_COUNTS
from storage.errors import StorageError
from storage.lake_schema import conform, polars_schema
from storage.store import audit, outbox
from storage.store.engine import Store
from storage.store.schema import customer_counts

Source = Literal["manager", "till", "api", "simulator"]
LARGEST_COUNT = 100_000


class InvalidCount(StorageError):
    """A customer count cannot be."""


def report(store: Store, *, cafe: str, day: date, customers: int, source: Source, actor: str, simulated: bool) -> None:
    """Report a café's customers on a business day; the latest report counts, earlier ones stay on record.

    Raises:
        InvalidCount: the number or the source cannot be.
    """
    if not 0 <= customers <= LARGEST_COUNT:
        raise InvalidCount(
            f"{customers} customers cannot be: expected 0 to {LARGEST_COUNT}.", remedy="Give the day's number."
        )
    if source not in get_args(Source):
        raise InvalidCount(f"{source!r} is no source of counts.", remedy=f"Use one of {', '.join(get_args(Source))}.")
    at = store.now()
    with store.begin() as connection:
        outbox.touch(connection, day=day, reason="customer_counts", at=at)
        connection.execute(
            insert(customer_counts).values(
                cafe=cafe,
                day=day,
                simulated=simulated,
                customers=customers,
                source=source,
                actor=actor,
                reported_at=at,
            )
        )
        audit.record(
            connection,
            actor=actor,
            action="customer_count.report",
            subject=f"{cafe} {day.isoformat()}",
            details={"customers": customers, "source": source, "simulated": simulated},
            at=at,
        )


def current(store: Store, days: Collection[date]) -> pl.DataFrame:
    """Return the CUSTOMER_COUNTS rows of some days: the latest report of each café, real and simulated apart."""
    table = customer_counts
    latest = (
        select(func.max(table.c.id))
        .where(table.c.day.in_(list(days)))
        .group_by(table.c.day, table.c.cafe, table.c.simulated)
    )
    query = (
        select(*(table.c[name] for name in CUSTOMER_COUNTS.names))
        .where(table.c.id.in_(latest))
        .order_by(table.c.day, table.c.cafe, table.c.simulated)
    )
    with store.reading() as connection:
        rows = [tuple(row) for row in connection.execute(query)]
    return conform(CUSTOMER_COUNTS, pl.DataFrame(rows, schema=polars_schema(CUSTOMER_COUNTS), orient="row"))
