"""The days with sessions or figures, and the freshness of the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import streamlit as st

from dashboards.reading.page_snapshot import CACHE_ENTRIES, CACHE_TTL_SECONDS, Key, PageSnapshot, UnreadableTable
from pilot.lake_tables.tables import PILOT_KPIS, SESSIONS

if TYPE_CHECKING:
    from dashboards.entitled_lake import EntitledLake

TABLES = (SESSIONS, PILOT_KPIS)
FIRST_SPAN_DAYS = 8  # cafés' days usually begin and end this near the lake's ends; each further span is twice as long


@dataclass(frozen=True, slots=True)
class Extent:
    """The days of the lake for some cafés.

    Attributes:
        first: The first day with sessions or figures; None if there is none.
        last: The last one.
        last_sessions: The last day with sessions.
        as_of: The moment up to which the last day's figures are computed.
    """

    first: date | None
    last: date | None
    last_sessions: date | None
    as_of: datetime | None


@st.cache_data(ttl=CACHE_TTL_SECONDS, max_entries=CACHE_ENTRIES, show_spinner=False)
def extent(
    _lake: EntitledLake, key: Key, *, cafes: tuple[str, ...], simulated: bool, before: date | None = None
) -> Extent:
    """Return the extent of these cafés' days, optionally only of days before a given one.

    The search begins at both ends of the lake's days and opens no more days than necessary. An unreadable day counts as
    a day with sessions, so that the page offers it and reports the fault. `key` is `versions_key` of TABLES.
    """
    every = {day for table in TABLES for day in _lake.bytes_by_day(table)}
    days = sorted(day for day in every if before is None or day < before)
    scope = (list(cafes), simulated)
    newest = Extent(None, None, None, None)
    for chunk in _spans(days[::-1]):
        newest = _merged(_extent_of(_lake, key, chunk, scope=scope), newest)
        if newest.last_sessions and newest.as_of:
            break
    if newest.first is None:
        return newest
    oldest = next(found for chunk in _spans(days) if (found := _extent_of(_lake, key, chunk, scope=scope)).first)
    return _merged(oldest, newest)


def _spans(days: Sequence[date]) -> list[Sequence[date]]:
    """Split the days into spans, each twice as long as the previous one."""
    spans, start, length = [], 0, FIRST_SPAN_DAYS
    while start < len(days):
        spans.append(days[start : start + length])
        start, length = start + length, length * 2
    return spans


def _extent_of(lake: EntitledLake, key: Key, days: Sequence[date], *, scope: tuple[list[str], bool]) -> Extent:
    """Return the extent of some days; if they cannot be read together, bisect them."""
    try:
        with PageSnapshot(lake, *TABLES, days=days) as snapshot:
            return _query(snapshot, scope)
    except UnreadableTable:
        if len(days) == 1:
            return Extent(first=days[0], last=days[0], last_sessions=days[0], as_of=None)
    half = len(days) // 2
    return _merged(
        _extent_of(lake, key, days[:half], scope=scope),
        _extent_of(lake, key, days[half:], scope=scope),
    )


def _merged(one: Extent, other: Extent) -> Extent:
    return Extent(
        first=min((day for day in (one.first, other.first) if day), default=None),
        last=max((day for day in (one.last, other.last) if day), default=None),
        last_sessions=max((day for day in (one.last_sessions, other.last_sessions) if day), default=None),
        as_of=max((moment for moment in (one.as_of, other.as_of) if moment), default=None),
    )


def _query(snapshot: PageSnapshot, scope: tuple[list[str], bool]) -> Extent:
    row = snapshot.sql(
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
        (*scope, *scope),
    ).row(0, named=True)
    return Extent(**row)
