"""Customer counts: a café's paying customers, the denominator of participation; append-only."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, func, insert, select

from pilot.counts import Source, validate_customers, validate_source
from pilot.lake_tables.tables import CUSTOMER_COUNTS
from storage.store import audit, outbox
from storage.store.engine import Store, serialise
from storage.store.schemas.core import customer_counts

if TYPE_CHECKING:
    import polars as pl

Outcome = Literal["new", "corrected", "unchanged"]


@dataclass(frozen=True, slots=True)
class Count:
    """One café's customers on one day."""

    cafe: str
    day: date
    customers: int


@dataclass(frozen=True, slots=True)
class Report:
    """One saved report."""

    cafe: str
    day: date
    customers: int
    source: str
    actor: str
    reported_at: datetime


@dataclass(frozen=True, slots=True)
class ReportResult:
    """The result of a report.

    Attributes:
        count: The reported count.
        outcome: new, corrected (it replaces another number) or unchanged (nothing was written).
        before: The previous report; None if there was none.
    """

    count: Count
    outcome: Outcome
    before: Report | None


def report(
    store: Store,
    *,
    cafe: str,
    day: date,
    customers: int,
    source: Source,
    actor: str,
    simulated: bool,
    reason: str = "",
) -> ReportResult:
    """Report a café's customers on a business day; the latest report counts, earlier ones stay on record.

    Raises:
        InvalidCount: the number or the source is invalid.
    """
    count = Count(cafe, day, customers)
    return report_all(store, [count], source=source, actor=actor, simulated=simulated, reason=reason)[0]


def report_all(
    store: Store,
    counts: Sequence[Count],
    *,
    source: Source,
    actor: str,
    simulated: bool,
    reason: str = "",
    origin: Mapping[str, Any] | None = None,
) -> list[ReportResult]:
    """Report several counts in one transaction, all of them or none.

    A number equal to the current report of the same source is not written again: importing a file twice changes
    nothing.

    Args:
        store: The store.
        counts: The counts; each café and day at most once.
        source: Who counted.
        actor: Who reports.
        simulated: Whether the counts are a demo's.
        reason: Why earlier numbers are corrected, for the audit log.
        origin: Their origin, for the audit log: a file's digest, never its contents.

    Raises:
        InvalidCount: a number or the source is invalid; nothing was written.
    """
    validate_source(source)
    for count in counts:
        validate_customers(count.customers)
    at = store.now()
    done: list[ReportResult] = []
    with store.begin() as connection:
        serialise(connection, "customer_counts")
        current_reports = _current_reports(connection, [count.day for count in counts], simulated=simulated)
        for count in counts:
            before = current_reports.get((count.cafe, count.day))
            if before is not None and (before.customers, before.source) == (count.customers, source):
                done.append(ReportResult(count, "unchanged", before))
                continue
            details = {**(origin or {}), **({"before": before.customers} if before else {})}
            _write(
                connection,
                count,
                source=source,
                actor=actor,
                simulated=simulated,
                at=at,
                reason=reason if before else "",
                details=details,
            )
            done.append(ReportResult(count, "corrected" if before else "new", before))
        for day in sorted({each.count.day for each in done if each.outcome != "unchanged"}):
            outbox.touch(connection, day=day, reason="customer_counts", at=at)
    return done


def current(store: Store, days: Collection[date]) -> pl.DataFrame:
    """Return the CUSTOMER_COUNTS rows of some days: the latest real and simulated report of each café."""
    # Imported lazily: the edge reports counts too, and loads no polars.
    import polars as pl

    from storage.lake_schema import conform, polars_schema

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


def current_reports(
    store: Store, days: Collection[date], *, simulated: bool, cafe: str | None = None
) -> dict[tuple[str, date], Report]:
    """Return the current report of each reported café, or of one café, and day."""
    with store.reading() as connection:
        return _current_reports(connection, days, simulated=simulated, cafe=cafe)


def history(store: Store, *, cafe: str, day: date, simulated: bool) -> list[Report]:
    """Return every report of a café's day, newest (the current one) first."""
    table = customer_counts
    query = (
        select(*_REPORT)
        .where(table.c.cafe == cafe, table.c.day == day, table.c.simulated == simulated)
        .order_by(table.c.id.desc())
    )
    with store.reading() as connection:
        return [Report(*row) for row in connection.execute(query)]


_REPORT = tuple(customer_counts.c[name] for name in ("cafe", "day", "customers", "source", "actor", "reported_at"))


def _current_reports(
    connection: Connection, days: Collection[date], *, simulated: bool, cafe: str | None = None
) -> dict[tuple[str, date], Report]:
    table = customer_counts
    query = (
        select(*_REPORT).where(table.c.day.in_(sorted(set(days))), table.c.simulated == simulated).order_by(table.c.id)
    )
    if cafe is not None:
        query = query.where(table.c.cafe == cafe)
    return {(row.cafe, row.day): Report(*row) for row in connection.execute(query)}


def _write(
    connection: Connection,
    count: Count,
    *,
    source: str,
    actor: str,
    simulated: bool,
    at: datetime,
    reason: str,
    details: Mapping[str, Any],
) -> None:
    connection.execute(
        insert(customer_counts).values(
            cafe=count.cafe,
            day=count.day,
            simulated=simulated,
            customers=count.customers,
            source=source,
            actor=actor,
            reported_at=at,
        )
    )
    audit.record(
        connection,
        actor=actor,
        action="customer_count.report",
        subject=f"{count.cafe} {count.day.isoformat()}",
        reason=reason,
        details={"customers": count.customers, "source": source, "simulated": simulated, **details},
        at=at,
    )
