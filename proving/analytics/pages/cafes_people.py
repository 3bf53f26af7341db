"""The figures of a café's accounts and of the cafés in need, on the page of cafés."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboards.reading.kpi_figures import TABLES, pilot_period
from proving.analytics.json_columns import value_of
from proving.analytics.kpi_queries import KPI_FIGURES
from proving.analytics.pages.cafes import PAGE
from proving.analytics.registration import Choice, Query, Reader, Reading, Rows
from storage.store.access import accounts, sign_ins


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account that may open a café's pages."""

    email: str
    role: str
    cafes: list[str] | None
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Missed:
    """A target that a café missed on a day."""

    cafe: str
    kpi: str


def _each_cafe(reader: Reader) -> Iterable[Choice]:
    return [Choice((cafe,), reader.days[0], reader.days[-1], reader.simulated) for cafe in reader.cafes]


def _each_day(reader: Reader) -> Iterable[Choice]:
    """Return the days of a week: on one alone, no café may have missed anything."""
    days = [reader.days[-1] - timedelta(days=back) for back in range(7)]
    return [Choice(reader.cafes, day, day, reader.simulated) for day in days]


def _accounts(reader: Reader, choice: Choice) -> list[AccountRow]:
    seen = sign_ins.last_seen(reader.store)
    return [
        AccountRow(each.email, each.role, None if each.cafes is None else sorted(each.cafes), seen.get(each.id))
        for each in accounts.every(reader.store)
        if each.revoked_at is None and each.principal.sees(choice.cafes[0])
    ]


def _missed(reader: Reader, choice: Choice) -> list[Missed]:
    with reader.snapshot(*TABLES, choice=choice) as snapshot:
        period = pilot_period(
            snapshot, snapshot.key, cafes=choice.cafes, last=choice.last, days=1, simulated=choice.simulated
        )
    return [Missed(one.cafe, one.kpi) for one in period.figures if one.verdict == "missed"]


def _of_cafe(rows: Rows, choice: Choice) -> Rows:
    read = [row | {"cafes": value_of(row["cafes"])} for row in rows]
    return [
        row | {"cafes": None if row["cafes"] is None else sorted(row["cafes"])}
        for row in read
        if row["cafes"] is None or choice.cafes[0] in row["cafes"]
    ]


READINGS = (
    Reading(
        page=PAGE,
        name="accounts",
        function=accounts.every,
        kind=list[AccountRow],
        choices=_each_cafe,
        shown=_accounts,
        queries=(
            Query(
                sql="""
                    select a.email, a.role, a.cafes, (select max(s.seen_at) from account_sessions s
                        where s.account_id = a.id and s.method <> 'test') as seen_at
                    from accounts a where a.revoked_at is null
                """,
                then=_of_cafe,
                columns=("email", "role", "cafes", "seen_at"),
                key=("email",),
                of_store=True,
            ),
        ),
    ),
    Reading(
        page=PAGE,
        name="need",
        function=pilot_period,
        kind=list[Missed],
        choices=_each_day,
        shown=_missed,
        queries=(
            Query(
                sql=f"select cafe, kpi from ({KPI_FIGURES}) where verdict = 'missed'",  # noqa: S608
                key=("cafe", "kpi"),
            ),
        ),
    ),
)
