"""Which days have something to show, and how fresh the figures are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import streamlit as st

from dashboards.reading.page_snapshot import CACHE_ENTRIES, CACHE_TTL_SECONDS, Key, PageSnapshot


@dataclass(frozen=True, slots=True)
class Extent:
    """The days of the lake for some cafés.

    Attributes:
        first: The first day with sessions or figures; None where there is none.
        last: The last one.
        last_sessions: The last day with sessions.
        as_of: The moment up to which the last day's figures are judged.
    """

    first: date | None
    last: date | None
    last_sessions: date | None
    as_of: datetime | None


@st.cache_data(ttl=CACHE_TTL_SECONDS, max_entries=CACHE_ENTRIES, show_spinner=False)
def extent(_snapshot: PageSnapshot, key: Key, *, cafes: tuple[str, ...], simulated: bool) -> Extent:
    """Return the extent of what these cafés have; `key` is the snapshot's."""
    row = _snapshot.sql(
        """
        select
            least(sessions.first, figures.first) as first,
            greatest(sessions.last, figures.last) as last,
            sessions.last as last_sessions,
            figures.as_of as as_of
        from
            (
                select min(day) as first, max(day) as last from sessions
                where list_contains(?, cafe) and simulated = ?
            ) as sessions,
            (
                select min(day) as first, max(day) as last, arg_max(as_of, day) as as_of from pilot_kpis
                where list_contains(?, cafe) and simulated = ?
            ) as figures
        """,
        (list(cafes), simulated, list(cafes), simulated),
    ).row(0, named=True)
    return Extent(**row)
