"""The pilot's five metrics as stored in the lake; nothing is computed here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import streamlit as st

from dashboards.reading.page_snapshot import CACHE_ENTRIES, CACHE_TTL_SECONDS, Key, PageSnapshot
from pilot.formatting import Unit
from pilot.kpis import Verdict
from pilot.lake_tables.tables import PILOT_KPIS, SESSIONS

if TYPE_CHECKING:
    import polars as pl

TABLES = (SESSIONS, PILOT_KPIS)


@dataclass(frozen=True, slots=True)
class KpiFigure:
    """One metric of one café on one day; values that are not finite are None."""

    day: date
    cafe: str
    kpi: str
    numerator: float | None
    denominator: float | None
    value: float | None
    low: float | None
    high: float | None
    target: float
    verdict: Verdict
    why: str
    unit: Unit
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Volume:
    """The number of sessions of a café on one day."""

    day: date
    cafe: str
    started: int
    completed: int


@dataclass(frozen=True, slots=True)
class PilotPeriod:
    """The figures and volumes of some days of the pilot."""

    figures: tuple[KpiFigure, ...]
    volumes: tuple[Volume, ...]

    def on(self, day: date) -> dict[tuple[str, str], KpiFigure]:
        """Return a day's figures by metric and café."""
        return {(figure.kpi, figure.cafe): figure for figure in self.figures if figure.day == day}


@st.cache_data(ttl=CACHE_TTL_SECONDS, max_entries=CACHE_ENTRIES, show_spinner=False)
def pilot_period(
    _snapshot: PageSnapshot, key: Key, *, cafes: tuple[str, ...], last: date, days: int, simulated: bool
) -> PilotPeriod:
    """Return the `days` days that end with `last`; `key` is the snapshot's."""
    scope = (last - timedelta(days=days - 1), last, list(cafes), simulated)
    figures = _snapshot.sql(
        """
        select day, cafe, kpi, numerator, denominator, value, low, high, target, verdict, why, unit, as_of
        from pilot_kpis
        where day between ? and ? and list_contains(?, cafe) and simulated = ?
        order by day, cafe, kpi
        """,
        scope,
    )
    volumes = _snapshot.sql(
        """
        select
            day,
            cafe,
            count(*) filter (outcome <> 'opened_only') as started,
            count(*) filter (outcome = 'completed') as completed
        from sessions
        where day between ? and ? and list_contains(?, cafe) and simulated = ?
        group by all
        order by day, cafe
        """,
        scope,
    )
    return PilotPeriod(figures_from(figures), tuple(Volume(*row) for row in volumes.iter_rows()))


def figures_from(rows: pl.DataFrame) -> tuple[KpiFigure, ...]:
    """Return rows of `pilot_kpis` as figures."""
    return tuple(
        KpiFigure(
            **{
                **row,
                "why": row["why"] or "",
                **{name: _finite(row[name]) for name in ("numerator", "denominator", "value", "low", "high")},
            }
        )
        for row in rows.iter_rows(named=True)
    )


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
