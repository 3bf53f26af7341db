"""Each café's figure over a period, raw and drawn towards the others, with intervals clustered by day."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import streamlit as st

from dashboards.reading.kpi_period import KpiPeriod, Measure
from dashboards.reading.page_snapshot import CACHE_ENTRIES, CACHE_TTL_SECONDS, Key
from pipelines.statistics.clustered import (
    FEWEST_CLUSTERS,
    Ratio,
    effective_trials,
    ratio,
    share_interval,
    value_interval,
)
from pipelines.statistics.shrinkage import Comparison, compare_means, compare_shares

SHARES: tuple[Measure, ...] = ("participation", "completion", "useful")
LEAST_ERROR = 1e-3  # relative to the mean: equal days do not make an estimate exact


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure over some café-days; the ends are None if there are too few to say."""

    value: float | None
    low: float | None
    high: float | None
    numerator: float
    denominator: float
    cafe_days: int


@dataclass(frozen=True, slots=True)
class ComparedCafe:
    """One café beside the others.

    Attributes:
        cafe: Its id.
        raw: Its own figure.
        value: The figure drawn towards the others.
        low: Lower end of its 95 % interval.
        high: Upper end.
        side: 1 or -1 if the interval is above or below the mean of the cafés; else 0.
        alike: Number of other cafés that it cannot be told from.
    """

    cafe: str
    raw: Figure
    value: float
    low: float
    high: float
    side: int
    alike: int


@dataclass(frozen=True, slots=True)
class FairComparison:
    """The cafés beside each other.

    Attributes:
        centre: The mean of the cafés' distribution; None if too few cafés can be compared.
        any_differ: Whether the intervals of at least two cafés do not overlap.
        cafes: The compared cafés; empty without a centre.
        too_little: The cafés with too few days for a comparison, with their own figures.
    """

    centre: float | None
    any_differ: bool
    cafes: tuple[ComparedCafe, ...]
    too_little: tuple[tuple[str, Figure], ...]


def figure_of(measure: Measure, found: Ratio) -> Figure:
    """Return a measure over some café-days."""
    interval = None
    if found.value is not None:
        interval = share_interval(found) if measure in SHARES else value_interval(found)
    low, high = (interval.low, interval.high) if interval else (None, None)
    return Figure(found.value, low, high, found.numerator, found.denominator, found.clusters)


def day_figure(measure: Measure, numerator: float, denominator: float) -> Figure:
    """Return a measure of one day, with the interval of independent guests: a day is one cluster."""
    return figure_of(measure, ratio([(numerator, denominator)]))


@st.cache_data(ttl=CACHE_TTL_SECONDS, max_entries=CACHE_ENTRIES, show_spinner=False)
def fair_comparison(
    _period: KpiPeriod, key: Key, *, cafes: tuple[str, ...], first: date, last: date, simulated: bool, measure: Measure
) -> FairComparison:
    """Return the cafés beside each other; the arguments beside the period identify it for the cache."""
    ratios = {cafe: _period.cafes.get((measure, cafe), Ratio(0, 0, 0, None)) for cafe in cafes}
    enough = [cafe for cafe, found in ratios.items() if found.value is not None and found.clusters >= FEWEST_CLUSTERS]
    found = _compared(measure, [ratios[cafe] for cafe in enough])
    if found is None:
        every = tuple((cafe, figure_of(measure, one)) for cafe, one in ratios.items())
        return FairComparison(None, False, (), every)
    return FairComparison(
        found.centre,
        found.any_differ,
        tuple(
            ComparedCafe(
                cafe,
                figure_of(measure, ratios[cafe]),
                one.value,
                one.low,
                one.high,
                found.side(place),
                found.alike(place),
            )
            for place, (cafe, one) in enumerate(zip(enough, found.groups, strict=True))
        ),
        tuple((cafe, figure_of(measure, one)) for cafe, one in ratios.items() if cafe not in set(enough)),
    )


def _compared(measure: Measure, ratios: Sequence[Ratio]) -> Comparison | None:
    if measure in SHARES:
        effective = [(one.value or 0.0, effective_trials(one)) for one in ratios]
        return compare_shares([(value * trials, trials) for value, trials in effective])
    return compare_means(
        [
            (value, max(math.sqrt(one.variance or 0.0), LEAST_ERROR * abs(value), LEAST_ERROR))
            for one in ratios
            if (value := one.value) is not None
        ]
    )
