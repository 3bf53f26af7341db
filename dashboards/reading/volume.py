"""The hours of a café's day with too little or too much feedback."""

from __future__ import annotations

from datetime import date

import streamlit as st

from dashboards.reading.page_snapshot import CACHE_ENTRIES, CACHE_TTL_SECONDS, Key, PageSnapshot
from pilot.lake_tables.insight_tables import VOLUME_ANOMALIES
from pipelines.volume.episodes import COLUMNS, Episode, episodes

TABLES = (VOLUME_ANOMALIES,)


@st.cache_data(ttl=CACHE_TTL_SECONDS, max_entries=CACHE_ENTRIES, show_spinner=False)
def volume_episodes(_snapshot: PageSnapshot, key: Key, *, cafe: str, day: date, simulated: bool) -> tuple[Episode, ...]:
    """Return the episodes of a café's day; `key` is the snapshot's."""
    rows = _snapshot.sql(
        f"select {', '.join(COLUMNS)} from volume_anomalies where day = ? and cafe = ? and simulated = ?",  # noqa: S608
        (day, cafe, simulated),
    )
    return tuple(episodes(rows))
