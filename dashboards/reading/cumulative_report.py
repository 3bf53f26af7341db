"""The pilot's report over all its days, from the newest day of `pilot_report`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from dashboards.reading.kpi_figures import KpiFigure, figures_from
from dashboards.reading.page_snapshot import CACHE_ENTRIES, CACHE_TTL_SECONDS, Key, PageSnapshot, UnreadableTable
from dashboards.signed_in import AccessChanged
from pilot.lake_tables.report_tables import ALL_CAFES, PILOT_REPORT
from storage.errors import LakeUnavailable

if TYPE_CHECKING:
    from dashboards.entitled_lake import EntitledLake

TABLES = (PILOT_REPORT,)


@dataclass(frozen=True, slots=True)
class CumulativeReport:
    """The metrics over the pilot's days up to the last reported one.

    Attributes:
        first: The first day covered.
        last: The last day covered.
        days: Days from the first to the last.
        excluded: Of these, days that the suites stop or have not checked.
        figures: The metrics, by code and café; of `ALL_CAFES` only for a reader of every café.
    """

    first: date
    last: date
    days: int
    excluded: int
    figures: dict[tuple[str, str], KpiFigure]


def last_reported_day(lake: EntitledLake) -> date | None:
    """Return the newest reported day from the lake's log, without opening a file.

    Raises:
        UnreadableTable: the log of the reports is damaged.
        LakeUnavailable: the lake is unreachable for now.
    """
    try:
        return max(lake.bytes_by_day(PILOT_REPORT), default=None)
    except (AccessChanged, LakeUnavailable):
        raise
    except Exception as error:
        raise UnreadableTable(PILOT_REPORT.name, kind=type(error).__name__) from None


@st.cache_data(ttl=CACHE_TTL_SECONDS, max_entries=CACHE_ENTRIES, show_spinner=False)
def cumulative_report(
    _snapshot: PageSnapshot, key: Key, *, cafes: tuple[str, ...], sees_all: bool, day: date, simulated: bool
) -> CumulativeReport | None:
    """Return the report of one day; None if it has no row of these cafés.

    Args:
        _snapshot: The snapshot.
        key: Its key.
        cafes: The cafés that the reader may see.
        sees_all: Whether these are all of them, so that the sum over all may be shown.
        day: The reported day.
        simulated: Whether simulated rows are shown.
    """
    scope = (day, [*cafes, ALL_CAFES] if sees_all else list(cafes), simulated)
    rows = _snapshot.sql(
        """
        select day, cafe, kpi, numerator, denominator, value, low, high, target, verdict, why, unit, as_of
        from pilot_report
        where day = ? and list_contains(?, cafe) and simulated = ?
        order by cafe, kpi
        """,
        scope,
    )
    if rows.is_empty():
        return None
    basis = _snapshot.sql(
        """
        select min(first_day) as first, max(days) as days, max(days_left_out) as excluded
        from pilot_report
        where day = ? and list_contains(?, cafe) and simulated = ?
        """,
        scope,
    ).row(0, named=True)
    return CumulativeReport(last=day, figures={(one.kpi, one.cafe): one for one in figures_from(rows)}, **basis)
