"""When each code was last scanned, within the last days."""

from __future__ import annotations

from datetime import date, datetime

import streamlit as st

from dashboards.reading.page_snapshot import CACHE_ENTRIES, CACHE_TTL_SECONDS, Key, PageSnapshot
from pilot.lake_tables.tables import SESSIONS

TABLES = (SESSIONS,)
DAYS = 30  # an older scan is reported as none


@st.cache_data(ttl=CACHE_TTL_SECONDS, max_entries=CACHE_ENTRIES, show_spinner=False)
def code_scans(
    _snapshot: PageSnapshot, key: Key, *, cafe: str, first: date, last: date, simulated: bool
) -> dict[str, datetime]:
    """Return the latest scan of each of a café's codes that was scanned; `key` is the snapshot's."""
    rows = _snapshot.sql(
        """
        select code, max(opened_at) from sessions
        where day between $1 and $2 and cafe = $3 and simulated = $4 and code is not null
        group by code
        """,
        (first, last, cafe, simulated),
    )
    return {code: at for code, at in rows.iter_rows() if at is not None}
