"""The business figures of a period: counts by café and day, and the steps of the sessions by mode."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import streamlit as st

from dashboards.reading.page_snapshot import CACHE_ENTRIES, CACHE_TTL_SECONDS, Key, PageSnapshot
from pilot.lake_tables.money_tables import REWARDS
from pilot.lake_tables.tables import PILOT_KPIS, SCORED_FEEDBACK, SESSIONS

TABLES = (SESSIONS, SCORED_FEEDBACK, PILOT_KPIS, REWARDS)

Measure = Literal["participation", "completion", "useful", "score", "cost"]
MEASURES: tuple[Measure, ...] = ("participation", "completion", "useful", "score", "cost")


@dataclass(frozen=True, slots=True)
class CafeDayCounts:
    """One measure of one café on one day; its value is the numerator by the denominator."""

    measure: Measure
    day: date
    cafe: str
    numerator: float
    denominator: float


@dataclass(frozen=True, slots=True)
class ModeSteps:
    """The sessions of one mode that reached each step; the mode is empty if the guest never chose one."""

    mode: str
    started: int
    consented: int
    spoke: int
    completed: int


@dataclass(frozen=True, slots=True)
class KpiPeriod:
    """The figures of a period.

    Attributes:
        counts: Each measure by café and day; a café-day without a denominator has none.
        opened: Pages opened, with or without a started session.
        modes: The steps of the started sessions by mode.
    """

    counts: tuple[CafeDayCounts, ...]
    opened: int
    modes: tuple[ModeSteps, ...]

    def of(self, measure: Measure, *, cafe: str | None = None) -> list[CafeDayCounts]:
        """Return the counts of a measure, of one café if it is given."""
        return [one for one in self.counts if one.measure == measure and cafe in (None, one.cafe)]


@st.cache_data(ttl=CACHE_TTL_SECONDS, max_entries=CACHE_ENTRIES, show_spinner=False)
def kpi_period(
    _snapshot: PageSnapshot, key: Key, *, cafes: tuple[str, ...], first: date, last: date, simulated: bool
) -> KpiPeriod:
    """Return the figures of these cafés from `first` to `last`; `key` is the snapshot's."""
    scope = (first, last, list(cafes), simulated)
    counts = _snapshot.sql(
        """
        with feedback as (
            select day, cafe, count(*) as sent, sum(score) as points, count(*) filter (eligible) as useful
            from scored_feedback
            where day between $1 and $2 and list_contains($3, cafe) and simulated = $4
            group by day, cafe
        ), paid as (
            select day, cafe,
                coalesce(sum(amount_ore) filter (outcome = 'eligible' or coalesce(released, false)), 0) as ore
            from rewards
            where day between $1 and $2 and list_contains($3, cafe) and simulated = $4
            group by day, cafe
        )
        select kpi, day, cafe, numerator, denominator from pilot_kpis
        where day between $1 and $2 and list_contains($3, cafe) and simulated = $4
            and kpi in ('participation', 'completion') and value is not null and denominator > 0
        union all select 'useful', day, cafe, useful, sent from feedback
        union all select 'score', day, cafe, points, sent from feedback
        union all select 'cost', day, cafe, coalesce(ore, 0), useful from feedback left join paid using (day, cafe)
            where useful > 0
        order by all
        """,
        scope,
    )
    modes = _snapshot.sql(
        """
        select
            coalesce(mode, '') as mode,
            count(*) filter (outcome <> 'opened_only') as started,
            count(*) filter (consent) as consented,
            count(first_turn_at) as spoke,
            count(*) filter (outcome = 'completed') as completed,
            count(*) as opened
        from sessions
        where day between $1 and $2 and list_contains($3, cafe) and simulated = $4
        group by all
        order by mode
        """,
        scope,
    )
    return KpiPeriod(
        counts=tuple(CafeDayCounts(*row) for row in counts.iter_rows()),
        opened=int(modes["opened"].sum()),
        modes=tuple(ModeSteps(*row[:-1]) for row in modes.iter_rows() if row[1]),
    )
