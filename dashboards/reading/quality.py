"""The suites' verdicts by table and day, and the quarantined rows; never a guest's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

import streamlit as st

from dashboards.reading.page_snapshot import CACHE_ENTRIES, CACHE_TTL_SECONDS, Key, PageSnapshot, UnreadableTable
from dashboards.signed_in import AccessChanged
from pilot.lake_tables.insight_tables import QUALITY_VERDICTS, QUARANTINE
from pilot.lake_tables.tables import SESSIONS
from storage.errors import LakeUnavailable

if TYPE_CHECKING:
    from dashboards.entitled_lake import EntitledLake

TABLES = (QUALITY_VERDICTS, QUARANTINE, SESSIONS)
DAYS_SHOWN = 14
ROWS_SHOWN = 200

State = Literal["holds", "warns", "stops"]


@dataclass(frozen=True, slots=True)
class TableDay:
    """One table on one validated day.

    Attributes:
        day: The day.
        table: The table's name.
        state: The worst outcome of its expectations.
        expectations: Number of validated expectations.
        failed: Number of failed ones.
        rows: Rows of the table on the day.
    """

    day: date
    table: str
    state: State
    expectations: int
    failed: int
    rows: int


@dataclass(frozen=True, slots=True)
class FailedExpectation:
    """One expectation that failed on one day; `breaking` counts rows, None if it is about the whole table."""

    day: date
    table: str
    expectation: str
    severity: str
    breaking: int | None


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """One row that breaks an expectation, by its key; without a session, its id is empty."""

    day: date
    table: str
    key: str
    expectation: str
    reason: str
    severity: str = ""
    cafe: str = ""
    session_id: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class QualitySummary:
    """The last validated days.

    Attributes:
        days: Latest first.
        validated_at: The last run of the suites; None if they never ran.
        tables: Every table on each of the days.
        failed: The failed expectations, latest day first, the stopping ones before the warnings.
        quarantine: The first of the quarantined rows.
        quarantine_size: The total number of quarantined rows.
        quarantine_stops: Of these, rows whose sessions are not paid.
    """

    days: tuple[date, ...]
    validated_at: datetime | None
    tables: tuple[TableDay, ...]
    failed: tuple[FailedExpectation, ...]
    quarantine: tuple[QuarantinedRow, ...]
    quarantine_size: int
    quarantine_stops: int


def days_shown(lake: EntitledLake) -> list[date]:
    """Return the last validated days from the lake's log, without opening a file.

    Raises:
        UnreadableTable: the log of the verdicts is damaged.
        LakeUnavailable: the lake is unreachable for now.
    """
    try:
        return sorted(lake.bytes_by_day(QUALITY_VERDICTS))[-DAYS_SHOWN:]
    except (AccessChanged, LakeUnavailable):
        raise
    except Exception as error:
        raise UnreadableTable(QUALITY_VERDICTS.name, kind=type(error).__name__) from None


@st.cache_data(ttl=CACHE_TTL_SECONDS, max_entries=CACHE_ENTRIES, show_spinner=False)
def quality_summary(_snapshot: PageSnapshot, key: Key) -> QualitySummary:
    """Return the verdicts on the last validated days; `key` is the snapshot's."""
    tables = _snapshot.sql(
        """
        select
            day,
            table_name,
            case
                when count(*) filter (not passed and severity = 'stop') > 0 then 'stops'
                when count(*) filter (not passed) > 0 then 'warns'
                else 'holds'
            end as state,
            count(*) as expectations,
            count(*) filter (not passed) as failed,
            max(rows) as rows
        from quality_verdicts
        where day in (select distinct day from quality_verdicts order by day desc limit ?)
        group by day, table_name
        order by day desc, table_name
        """,
        (DAYS_SHOWN,),
    )
    found = tuple(TableDay(*row) for row in tables.iter_rows())
    days = tuple(dict.fromkeys(one.day for one in found))
    failed = _snapshot.sql(
        """
        select day, table_name, expectation, severity, breaking
        from quality_verdicts
        where not passed and list_contains(?, day)
        order by day desc, severity, table_name, expectation
        """,
        (list(days),),
    )
    quarantine = _snapshot.sql(
        """
        select quarantine.day, table_name, row_key, expectation, reason, severity, coalesce(quarantine.cafe, ''),
            coalesce(quarantine.session_id, ''), coalesce(sessions.reference, '')
        from quarantine
        left join sessions on sessions.session_id = quarantine.session_id and sessions.day = quarantine.day
        where list_contains(?, quarantine.day)
        order by quarantine.day desc, table_name, row_key, expectation
        limit ?
        """,
        (list(days), ROWS_SHOWN),
    )
    count, stops = _snapshot.sql(
        "select count(*), count(*) filter (severity = 'stop') from quarantine where list_contains(?, day)",
        (list(days),),
    ).row(0)
    latest = _snapshot.sql("select max(judged_at) from quality_verdicts").item()
    return QualitySummary(
        days=days,
        validated_at=latest,
        tables=found,
        failed=tuple(FailedExpectation(*row) for row in failed.iter_rows()),
        quarantine=tuple(QuarantinedRow(*row) for row in quarantine.iter_rows()),
        quarantine_size=int(count),
        quarantine_stops=int(stops),
    )
