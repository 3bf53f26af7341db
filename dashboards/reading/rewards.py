"""The useful feedbacks of a café by day, from the lake, to which the rewards' cost is compared."""

from __future__ import annotations

from datetime import date

import streamlit as st

from dashboards.reading.page_snapshot import CACHE_ENTRIES, CACHE_TTL_SECONDS, Key, PageSnapshot
from pilot.lake_tables.tables import SCORED_FEEDBACK

TABLES = (SCORED_FEEDBACK,)


@st.cache_data(ttl=CACHE_TTL_SECONDS, max_entries=CACHE_ENTRIES, show_spinner=False)
def useful_by_day(
    _snapshot: PageSnapshot, key: Key, *, cafe: str, first: date, last: date, simulated: bool
) -> dict[date, int]:
    """Return the number of useful feedbacks of each day that has feedback; `key` is the snapshot's."""
    rows = _snapshot.sql(
        """
        select day, count(*) filter (eligible) from scored_feedback
        where day between $1 and $2 and cafe = $3 and simulated = $4
        group by day
        """,
        (first, last, cafe, simulated),
    )
    return {day: int(useful) for day, useful in rows.iter_rows()}
