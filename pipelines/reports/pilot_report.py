"""The table `pilot_report`: each metric over the pilot's days, the basis of the decision to go on.

Sums the rows of `pilot_kpis`, with intervals that allow for differences between days and cafés. Days that a suite stops
are excluded, and their number is reported. A figure of too few days has no verdict.

One planned look, on the pilot's last day, decides: its intervals are the usual ones. Before it, the report is read
every day, so its intervals are those that hold at every look (`pipelines/statistics/anytime.py`), from the end of the
first week on. Uptime is a census of the whole pilot: before the end its verdict is "missed" only if the rest can no
longer repair it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from pilot.kpis import KPIS, IntervalKind, Kpi, Reason, Verdict
from pilot.lake_tables.report_tables import ALL_CAFES, PILOT_REPORT
from pipelines.figures.kpis import (
    TURN_COLUMNS as TURN_COLUMNS,
)
from pipelines.figures.kpis import (
    UNKNOWN_SHARE_LIMIT,
    VOICE_QUANTILE,
    finite,
    interval_verdict,
    reason_columns,
    unprobed_details,
)
from pipelines.figures.uptime import SERVICE_TARGET
from pipelines.shapes import schema, table_frame
from pipelines.statistics.anytime import anytime_quantile, anytime_share
from pipelines.statistics.clustered import FEWEST_CLUSTERS, Interval, quantile_of, ratio, share_interval

MISSING_SHARE_LIMIT = 0.25  # of the café-days with guests
FIRST_INTERIM_DAY = 7  # a whole week: weekdays differ, and a variance needs days


@dataclass(frozen=True, slots=True)
class Basis:
    """The days and cafés of a report.

    Attributes:
        days: All days from the first to the last.
        excluded: The excluded days.
        cafes: The cafés' ids.
        as_of: The moment up to which the last day is judged.
        planned_days: The length of the pilot: the day of the one planned look.
    """

    days: Sequence[date]
    excluded: Collection[date]
    cafes: Sequence[str]
    as_of: datetime
    planned_days: int

    @property
    def interim(self) -> bool:
        """Return whether the planned look is still to come."""
        return len(self.days) < self.planned_days

    @property
    def included(self) -> list[date]:
        """Return the included days."""
        return [day for day in self.days if day not in self.excluded]


def pilot_report(
    basis: Basis, *, day: date, kpis: pl.DataFrame, uptime: pl.DataFrame, turns: pl.DataFrame
) -> pl.DataFrame:
    """Return each metric of each café and of all cafés, separately for real and simulated rows.

    Args:
        basis: The days and cafés.
        day: The business day of the report's rows.
        kpis: Frame of PILOT_KPIS of the days.
        uptime: Frame of UPTIME of the days.
        turns: TURN_COLUMNS of TURNS of the days.
    """
    counts = pl.col("day").is_in(basis.included)
    kpis, uptime, turns = kpis.filter(counts), uptime.filter(counts), turns.filter(counts)
    keys = {(cafe, False) for cafe in basis.cafes} | set(kpis.select("cafe", "simulated").unique().iter_rows())
    rows = []
    for simulated in sorted({mark for _, mark in keys}):
        some = sorted(cafe for cafe, mark in keys if mark == simulated)
        for cafe, members in [*((each, [each]) for each in some), (ALL_CAFES, some)]:
            mine = (pl.col("simulated") == simulated) & pl.col("cafe").is_in(members)
            among = len(members) * len(basis.included)
            own = _Rows(kpis.filter(mine), turns.filter(mine), uptime.filter(mine), cafe_days=among, basis=basis)
            rows += [
                {**_INTERVALS[kpi.interval](kpi, own), "cafe": cafe, "simulated": simulated} for kpi in KPIS.values()
            ]
    given = {name: kind for name, kind in schema(PILOT_REPORT).items() if name in _FIGURE}
    frame = pl.LazyFrame(rows, schema=given, orient="row").with_columns(
        day=pl.lit(day),
        first_day=pl.lit(basis.days[0]),
        days=pl.lit(len(basis.days)),
        days_left_out=pl.lit(len(basis.days) - len(basis.included)),
        target=pl.col("kpi").replace_strict({code: kpi.target for code, kpi in KPIS.items()}),
        unit=pl.col("kpi").replace_strict({code: kpi.unit for code, kpi in KPIS.items()}),
        as_of=pl.lit(basis.as_of),
    )
    return table_frame(PILOT_REPORT, frame)


_GIVEN_TO_ALL = ("day", "first_day", "days", "days_left_out", "target", "unit", "as_of")
_FIGURE = tuple(name for name in PILOT_REPORT.names if name not in _GIVEN_TO_ALL)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of one café or of all, the expected café-days, and the report's basis."""

    kpis: pl.DataFrame
    turns: pl.DataFrame
    uptime: pl.DataFrame
    cafe_days: int
    basis: Basis


def _share(kpi: Kpi, own: _Rows) -> dict[str, Any]:
    """Return a share of trials over the café-days with a figure."""
    rows, among = own.kpis.filter(pl.col("kpi") == kpi.code), own.cafe_days
    counted = rows.filter(pl.col("value").is_not_null()).sort("day", "cafe")
    clusters = list(counted.select("numerator", "denominator").iter_rows())
    found = ratio(clusters)
    unknown = 1 - len(clusters) / among if among else 1.0
    if found.value is None:
        return _nothing(kpi, unknown=unknown)
    interval = anytime_share(clusters) if own.basis.interim else share_interval(found)
    row = _judged(
        kpi,
        interval,
        found.clusters,
        basis=own.basis,
        numerator=found.numerator,
        denominator=found.denominator,
        value=found.value,
    )
    # Guests came, and the figure is missing: these days may differ from the counted ones, which no interval covers.
    missing = rows.filter(pl.col("value").is_null() & (pl.col("numerator") > 0)).height
    share = missing / (missing + found.clusters)
    if share > MISSING_SHARE_LIMIT:
        details = {"missing_share": share, "allowed_share": MISSING_SHARE_LIMIT}
        row |= {"verdict": "cannot_tell", **reason_columns(("too_much_missing",), details)}
    return row | {"unknown": unknown}


def _p95(kpi: Kpi, own: _Rows) -> dict[str, Any]:
    """Return the p95 of all voice answers; a missing answer is infinitely late."""
    waits: defaultdict[tuple[date, str], list[float]] = defaultdict(list)
    within = 0
    for day, cafe, response, failure, in_time in _voiced(own.turns):
        on_the_clock = response is not None and response >= 0 and failure is None
        waits[day, cafe].append(response / 1000 if on_the_clock else math.inf)
        within += bool(in_time)
    if not waits:
        return _nothing(kpi, unknown=0.0)
    value, interval = (anytime_quantile if own.basis.interim else quantile_of)(list(waits.values()), VOICE_QUANTILE)
    turns_counted = sum(map(len, waits.values()))
    first: tuple[Reason, ...] = ("never_came",) if math.isinf(value) else ()
    return _judged(
        kpi,
        interval,
        len(waits),
        basis=own.basis,
        numerator=within,
        denominator=turns_counted,
        value=finite(value),
        first=first,
    )


def _voiced(turns: pl.DataFrame) -> Iterator[tuple[Any, ...]]:
    columns = ("day", "cafe", "response_ms", "failure", "within_target")
    return turns.filter(pl.col("within_target").is_not_null()).select(columns).sort("day", "cafe").iter_rows()


def _census(kpi: Kpi, own: _Rows) -> dict[str, Any]:
    """Return uptime as a share of known time, a census; no verdict if too much time is unknown."""
    rows = own.uptime.filter(pl.col("target") == SERVICE_TARGET)
    up, down, unknown = (float(rows[name].sum()) for name in ("up_s", "down_s", "unknown_s"))
    known, planned = up + down, float(rows["planned_down_s"].fill_null(0.0).sum())
    if known == 0:
        return _nothing(kpi, unknown=1.0)
    value, share_unknown = up / known, unknown / (known + unknown)
    row = _judged(
        kpi,
        Interval(value, value, 1.0),
        rows.height,
        basis=own.basis,
        numerator=up,
        denominator=known,
        value=value,
        census=True,
    )
    if share_unknown > UNKNOWN_SHARE_LIMIT:
        row |= {"verdict": "cannot_tell", **reason_columns(("unprobed",), unprobed_details(share_unknown))}
    elif own.basis.interim and down <= _down_budget(kpi, own, known=known):
        row |= {"verdict": "cannot_tell", **reason_columns(("not_over",), {})}
    outside = up / (known - planned) if known > planned else None
    return row | {"unknown": share_unknown, "outside_planned": outside}


def _down_budget(kpi: Kpi, own: _Rows, *, known: float) -> float:
    """Return the seconds down that the whole pilot may have, if its days are as long as those so far."""
    return (1 - kpi.target) * known / len(own.basis.days) * own.basis.planned_days


def _judged(
    kpi: Kpi,
    interval: Interval,
    cafe_days: int,
    *,
    basis: Basis,
    numerator: float,
    denominator: float,
    value: float | None,
    census: bool = False,
    first: tuple[Reason, ...] = (),
) -> dict[str, Any]:
    high = math.inf if interval.high is None else interval.high
    verdict: Verdict
    verdict, reasons = interval_verdict(kpi, low=interval.low or 0.0, high=high)
    details: dict[str, float] = {}
    if cafe_days < FEWEST_CLUSTERS and not census:
        verdict, reasons = "cannot_tell", ("too_few_days",)
        details = {"cafe_days": cafe_days, "required_cafe_days": FEWEST_CLUSTERS}
    elif basis.interim and len(basis.days) < FIRST_INTERIM_DAY and not census:
        verdict, reasons = "cannot_tell", ("too_early",)
    kind = "census" if census else "anytime" if basis.interim else "clustered" if cafe_days > 1 else "one_day"
    return dict.fromkeys(_FIGURE) | {
        "kpi": kpi.code,
        "cafe_days": cafe_days,
        "unknown": 0.0,
        "numerator": numerator,
        "denominator": denominator,
        "value": value,
        "low": finite(interval.low),
        "high": finite(interval.high),
        "interval": kind,
        "design_effect": interval.design_effect,
        "verdict": verdict,
        **reason_columns((*first, *reasons), details),
    }


def _nothing(kpi: Kpi, *, unknown: float) -> dict[str, Any]:
    return dict.fromkeys(_FIGURE) | {
        "kpi": kpi.code,
        "cafe_days": 0,
        "unknown": unknown,
        "verdict": "missing",
        **reason_columns(("no_figures",), {}),
    }


_INTERVALS: dict[IntervalKind, Callable[[Kpi, _Rows], dict[str, Any]]] = {
    "wilson": _share,
    "p95": _p95,
    "census": _census,
}
