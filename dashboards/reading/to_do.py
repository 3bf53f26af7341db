"""A café's feedback of the last five weeks, and the words of a case's sessions."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from dashboards.reading.cafe_day import Feedback, feedback_of
from dashboards.reading.cover import Cover
from dashboards.reading.page_snapshot import CACHE_ENTRIES, CACHE_TTL_SECONDS, Key, PageSnapshot
from pilot.lake_tables.tables import SCORED_FEEDBACK, SESSIONS, TURNS
from pipelines.cases.feedback_claims import feedback_days

if TYPE_CHECKING:
    import polars as pl

TABLES = (SCORED_FEEDBACK,)
WORDS_TABLES = (SESSIONS, TURNS, SCORED_FEEDBACK)


@st.cache_data(ttl=CACHE_TTL_SECONDS, max_entries=CACHE_ENTRIES, show_spinner=False)
def feedback_of_weeks(_snapshot: PageSnapshot, key: Key, *, cafe: str, week: date, simulated: bool) -> pl.DataFrame:
    """Return FEEDBACK_COLUMNS of a café's `feedback_days`; `key` is the snapshot's."""
    days = feedback_days(week)
    return _snapshot.sql(
        """
        select day, session_id, themes, coalesce(flags, []) as flags, signals
        from scored_feedback
        where day between ? and ? and cafe = ? and simulated = ?
        order by session_id
        """,
        (days[0], days[-1], cafe, simulated),
    )


@st.cache_data(ttl=CACHE_TTL_SECONDS, max_entries=CACHE_ENTRIES, show_spinner=False)
def words_of(
    _snapshot: PageSnapshot,
    key: Key,
    *,
    cafe: str,
    sessions: tuple[str, ...],
    days: tuple[date, ...],
    simulated: bool,
    cover: Cover,
) -> tuple[Feedback, ...]:
    """Return what the guests of some sessions of a café said, latest first; `key` is the snapshot's."""
    wanted = set(sessions)
    found = feedback_of(_snapshot, days=days, cafes=(cafe,), simulated=simulated, cover=cover)
    return tuple(each for each in found if each.session_id in wanted)
