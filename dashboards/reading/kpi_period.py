"""The business figures of a period: in total, by café, by day, and the steps of the sessions by mode."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import streamlit as st

from dashboards.reading.page_snapshot import CACHE_ENTRIES, CACHE_TTL_SECONDS, Key, PageSnapshot
from pilot.lake_tables.money_tables import REWARDS
from pilot.lake_tables.tables import PILOT_KPIS, SCORED_FEEDBACK, SESSIONS
from pipelines.statistics.clustered import Ratio, ratio_from

TABLES = (SESSIONS, SCORED_FEEDBACK, PILOT_KPIS, REWARDS)

Measure = Literal["participation", "completion", "useful", "score", "cost"]
MEASURES: tuple[Measure, ...] = ("participation", "completion", "useful", "score", "cost")
MOST_LISTED = 5  # cafés whose days are listed one by one; of more, the days' sums say more and cost less

# Each measure by café and day, with a denominator above zero. $1 and $2 are days, $3 the cafés, $4 whether simulated.
CAFE_DAYS = """
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
), cafe_days(measure, day, cafe, numerator, denominator) as (
    select kpi, day, cafe, numerator, denominator from pilot_kpis
    where day between $1 and $2 and list_contains($3, cafe) and simulated = $4
        and kpi in ('participation', 'completion') and value is not null and denominator > 0
    union all select 'useful', day, cafe, useful, sent from feedback
    union all select 'score', day, cafe, points, sent from feedback
    union all select 'cost', day, cafe, coalesce(ore, 0), useful from feedback left join paid using (day, cafe)
        where useful > 0
)
"""
RATIOS = """
, around as (
    select measure, {group} as grouped, numerator, denominator,
        sum(numerator) over parts / sum(denominator) over parts as value
    from cafe_days
    window parts as (partition by measure, {group})
)
select measure, grouped, sum(numerator), sum(denominator), count(*), sum(power(numerator - value * denominator, 2))
from around
group by all
order by measure, grouped
"""
BY_DAY = "select measure, day, sum(numerator), sum(denominator) from cafe_days group by all order by all"
LISTED = "select measure, day, cafe, numerator, denominator from cafe_days order by all"


@dataclass(frozen=True, slots=True)
class CafeDayCounts:
    """One measure of one café on one day; its value is the numerator by the denominator."""

    measure: Measure
    day: date
    cafe: str
    numerator: float
    denominator: float


@dataclass(frozen=True, slots=True)
class DayCounts:
    """One measure of some cafés together on one day."""

    measure: Measure
    day: date
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
        totals: Each measure over all café-days with a denominator.
        cafes: The same by measure and café.
        days: Each measure by day, all cafés together.
        counts: Each measure by café and day, for at most `MOST_LISTED` cafés; empty for more.
        opened: Pages opened, with or without a started session.
        modes: The steps of the started sessions by mode.
    """

    totals: dict[Measure, Ratio]
    cafes: dict[tuple[Measure, str], Ratio]
    days: tuple[DayCounts, ...]
    counts: tuple[CafeDayCounts, ...]
    opened: int
    modes: tuple[ModeSteps, ...]

    def of(self, measure: Measure) -> list[CafeDayCounts]:
        """Return the listed counts of a measure."""
        return [one for one in self.counts if one.measure == measure]


@st.cache_data(ttl=CACHE_TTL_SECONDS, max_entries=CACHE_ENTRIES, show_spinner=False)
def kpi_period(
    _snapshot: PageSnapshot, key: Key, *, cafes: tuple[str, ...], first: date, last: date, simulated: bool
) -> KpiPeriod:
    """Return the figures of these cafés from `first` to `last`; `key` is the snapshot's."""
    scope = (first, last, list(cafes), simulated)
    totals = _snapshot.sql(CAFE_DAYS + RATIOS.format(group="''"), scope)
    by_cafe = _snapshot.sql(CAFE_DAYS + RATIOS.format(group="cafe"), scope)
    by_day = _snapshot.sql(CAFE_DAYS + BY_DAY, scope)
    listed: list[CafeDayCounts] = []
    if len(cafes) <= MOST_LISTED:
        listed = [CafeDayCounts(*row) for row in _snapshot.sql(CAFE_DAYS + LISTED, scope).iter_rows()]
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
        totals={measure: ratio_from(*sums) for measure, _, *sums in totals.iter_rows()},
        cafes={(measure, cafe): ratio_from(*sums) for measure, cafe, *sums in by_cafe.iter_rows()},
        days=tuple(DayCounts(*row) for row in by_day.iter_rows()),
        counts=tuple(listed),
        opened=int(modes["opened"].sum()),
        modes=tuple(ModeSteps(*row[:-1]) for row in modes.iter_rows() if row[1]),
    )
