"""What the what-if page starts from: the load and the rewards of the cafés so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import streamlit as st

from dashboards.reading.page_snapshot import CACHE_ENTRIES, CACHE_TTL_SECONDS, Key, PageSnapshot
from pilot.lake_tables.money_tables import REWARDS
from pilot.lake_tables.tables import SESSIONS

TABLES = (SESSIONS, REWARDS)


@dataclass(frozen=True, slots=True)
class LoadSoFar:
    """The load of a period.

    Attributes:
        sessions: Started sessions.
        cafe_days: Days of a café on which at least one was started.
        in_busiest_hour: Sessions started in the hour of the day that has most of them, over all days.
        mean_seconds: The mean length of a session; None if none has ended.
        granted_ore: The rewards granted, öre.
    """

    sessions: int
    cafe_days: int
    in_busiest_hour: int
    mean_seconds: float | None
    granted_ore: int


@st.cache_data(ttl=CACHE_TTL_SECONDS, max_entries=CACHE_ENTRIES, show_spinner=False)
def load_so_far(
    _snapshot: PageSnapshot, key: Key, *, cafes: tuple[str, ...], first: date, last: date, simulated: bool
) -> LoadSoFar:
    """Return the load of these cafés from `first` to `last`; `key` is the snapshot's."""
    row = _snapshot.sql(
        """
        with mine as (
            select cafe, day, started_at, duration_s from sessions
            where day between $1 and $2 and cafe in (select unnest($3)) and simulated = $4 and started_at is not null
        ), hours as (select count(*) as sessions from mine group by hour(timezone('Europe/Stockholm', started_at)))
        select (select count(*) from mine), (select count(*) from (select distinct cafe, day from mine)),
            (select coalesce(max(sessions), 0) from hours), (select avg(duration_s) from mine),
            (select coalesce(sum(amount_ore), 0)::bigint from rewards
             where day between $1 and $2 and cafe in (select unnest($3)) and simulated = $4
                and (outcome = 'eligible' or coalesce(released, false)))
        """,
        (first, last, list(cafes), simulated),
    ).row(0)
    return LoadSoFar(*row)
