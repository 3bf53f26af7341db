"""Planned maintenance over a period, and uptime with and without it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import streamlit as st

from dashboards.reading.page_snapshot import CACHE_ENTRIES, CACHE_TTL_SECONDS, Key, PageSnapshot
from pilot.lake_tables.tables import UPTIME

TABLES = (UPTIME,)
BUDGET_MINUTES = 216  # 0.5 % of thirty days: the downtime that the target allows


@dataclass(frozen=True, slots=True)
class Maintenance:
    """One café's planned maintenance over a period.

    Attributes:
        cafe: The café.
        minutes: Its duration.
        uptime: Uptime with the planned downtime counted as down, as a share.
        unplanned_uptime: Uptime with the planned downtime left out, as a share.
    """

    cafe: str
    minutes: float
    uptime: float
    unplanned_uptime: float


@st.cache_data(ttl=CACHE_TTL_SECONDS, max_entries=CACHE_ENTRIES, show_spinner=False)
def maintenance(
    _snapshot: PageSnapshot, key: Key, *, cafes: tuple[str, ...], last: date, days: int, simulated: bool
) -> tuple[Maintenance, ...]:
    """Return the planned maintenance in the `days` days up to `last`, one row for each café with any.

    `key` is the snapshot's.
    """
    rows = _snapshot.sql(
        """
        select cafe, sum(planned_s), sum(up_s), sum(down_s), sum(coalesce(planned_down_s, 0))
        from uptime
        where target = 'customer_page' and day between ? and ? and list_contains(?, cafe) and simulated = ?
        group by cafe
        having sum(planned_s) > 0 and sum(up_s) > 0
        order by cafe
        """,
        (last - timedelta(days=days - 1), last, list(cafes), simulated),
    ).iter_rows()
    return tuple(
        Maintenance(cafe, planned / 60, up / (up + down), up / (up + down - planned_down))
        for cafe, planned, up, down, planned_down in rows
    )
