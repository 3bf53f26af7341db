"""The pilot's five success metrics over its days: what decides whether it goes on.

The days' own rows are `pilot_kpis`; here they are added up, with intervals that allow for days and cafés differing.
A day on which the suites stop something is left out and counted. A figure that rests on too few days is not judged.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from pilot.kpi_targets import TARGETS, Kpi, Verdict
from pilot.report_tables import ALL_CAFES, PILOT_REPORT
from pipelines.clustered import FEWEST_CLUSTERS, Interval, quantile_of, ratio, share_interval
from pipelines.kpis import NEVER_CAME, UNKNOWN_SHARE_LIMIT, VOICE_QUANTILE, held_against
from pipelines.shapes import schema, shaped
from pipelines.uptime import SERVICE_TARGET

SHARES: tuple[Kpi, ...] = ("participation", "completion", "payment_success")
TURN_COLUMNS = ("day", "cafe", "simulated", "mode", "response_ms", "failure", "within_target")
NOTHING = "no day has a figure"
TOO_FEW_DAYS = f"fewer than {FEWEST_CLUSTERS} days of a café: nobody can tell how much days differ"

Key = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class Basis:
    """What a report rests on.

    Attributes:
        days: The days that it is over, the first to the last.
        left_out: Those of them that it leaves out.
        cafes: The cafés' ids.
        as_of: The moment up to which the last day is judged.
    """

    days: Sequence[date]
    left_out: Collection[date]
    cafes: Sequence[str]
    as_of: datetime

    @property
    def counted(self) -> list[date]:
        """Return the days that count."""
        return [day for day in self.days if day not in self.left_out]


def pilot_report(
    basis: Basis, *, day: date, kpis: pl.DataFrame, uptime: pl.DataFrame, turns: pl.DataFrame
) -> pl.DataFrame:
    """Return each metric of each café and of all together, real and simulated apart.

    Args:
        basis: The days and cafés.
        day: The business day under which the report is kept.
        kpis: Frame of PILOT_KPIS of the days.
        uptime: Frame of UPTIME of the days.
        turns: TURN_COLUMNS of TURNS of the days.
    """
    counts = pl.col("day").is_in(basis.counted)
    kpis, uptime, turns = kpis.filter(counts), uptime.filter(counts), turns.filter(counts)
    keys = {(cafe, False) for cafe in basis.cafes} | set(kpis.select("cafe", "simulated").unique().iter_rows())
    rows = []
    for simulated in sorted({mark for _, mark in keys}):
        some = sorted(cafe for cafe, mark in keys if mark == simulated)
        for cafe, members in [*((each, [each]) for each in some), (ALL_CAFES, some)]:
            mine = (pl.col("simulated") == simulated) & pl.col("cafe").is_in(members)
            among = len(members) * len(basis.counted)
            figures = (
                *(_share(kpi, kpis.filter(mine & (pl.col("kpi") == kpi)), among=among) for kpi in SHARES),
                _voice(turns.filter(mine)),
                _uptime(uptime.filter(mine & (pl.col("target") == SERVICE_TARGET))),
            )
            rows += [{**figure, "cafe": cafe, "simulated": simulated} for figure in figures]
    given = {name: kind for name, kind in schema(PILOT_REPORT).items() if name in _FIGURE}
    frame = pl.LazyFrame(rows, schema=given, orient="row").with_columns(
        day=pl.lit(day),
        first_day=pl.lit(basis.days[0]),
        days=pl.lit(len(basis.days)),
        days_left_out=pl.lit(len(basis.days) - len(basis.counted)),
        target=pl.col("kpi").replace_strict({kpi: target.value for kpi, target in TARGETS.items()}),
        unit=pl.col("kpi").replace_strict({kpi: target.unit for kpi, target in TARGETS.items()}),
        as_of=pl.lit(basis.as_of),
    )
    return shaped(PILOT_REPORT, frame)


_GIVEN_TO_ALL = ("day", "first_day", "days", "days_left_out", "target", "unit", "as_of")
_FIGURE = tuple(name for name in PILOT_REPORT.names if name not in _GIVEN_TO_ALL)


def _share(kpi: Kpi, rows: pl.DataFrame, *, among: int) -> dict[str, Any]:
    """A share of trials over café-days; one without a figure, no count of customers say, is not in it."""
    clusters = list(rows.filter(pl.col("value").is_not_null()).select("numerator", "denominator").iter_rows())
    found = ratio(clusters)
    unknown = 1 - len(clusters) / among if among else 1.0
    if found.value is None:
        return _nothing(kpi, unknown=unknown)
    interval = share_interval(found)
    return _judged(
        kpi, interval, found.clusters, numerator=found.numerator, denominator=found.denominator, value=found.value
    ) | {"unknown": unknown}


def _voice(turns: pl.DataFrame) -> dict[str, Any]:
    """The p95 of all voice answers; what never came is infinitely late."""
    waits: defaultdict[tuple[date, str], list[float]] = defaultdict(list)
    within = 0
    for day, cafe, response, failure, in_time in _voiced(turns):
        on_the_clock = response is not None and response >= 0 and failure is None
        waits[day, cafe].append(response / 1000 if on_the_clock else math.inf)
        within += bool(in_time)
    if not waits:
        return _nothing("voice_response", unknown=0.0)
    value, interval = quantile_of(list(waits.values()), VOICE_QUANTILE)
    turns_counted = sum(map(len, waits.values()))
    row = _judged(
        "voice_response", interval, len(waits), numerator=within, denominator=turns_counted, value=_finite(value)
    )
    if math.isinf(value):
        row["why"] = NEVER_CAME if row["why"] is None else f"{NEVER_CAME}; {row['why']}"
    return row


def _voiced(turns: pl.DataFrame) -> Iterator[tuple[Any, ...]]:
    columns = ("day", "cafe", "response_ms", "failure", "within_target")
    return turns.filter(pl.col("mode") == "voice").select(columns).iter_rows()


def _uptime(rows: pl.DataFrame) -> dict[str, Any]:
    """Time up of the time known, a census; more than a thousandth unknown: nobody can tell."""
    up, down, unknown = (float(rows[name].sum()) for name in ("up_s", "down_s", "unknown_s"))
    known, planned = up + down, float(rows["planned_down_s"].fill_null(0.0).sum())
    if known == 0:
        return _nothing("uptime", unknown=1.0)
    value, share_unknown = up / known, unknown / (known + unknown)
    row = _judged(
        "uptime", Interval(value, value, 1.0), rows.height, numerator=up, denominator=known, value=value, census=True
    )
    if share_unknown > UNKNOWN_SHARE_LIMIT:
        row |= {
            "verdict": "cannot_tell",
            "why": f"{share_unknown:.1%} of the time was not probed (at most {UNKNOWN_SHARE_LIMIT:.1%} may be unknown)",
        }
    outside = up / (known - planned) if known > planned else None
    return row | {"unknown": share_unknown, "outside_planned": outside}


def _judged(
    kpi: Kpi,
    interval: Interval,
    cafe_days: int,
    *,
    numerator: float,
    denominator: float,
    value: float | None,
    census: bool = False,
) -> dict[str, Any]:
    high = math.inf if interval.high is None else interval.high
    verdict: Verdict
    verdict, why = held_against(TARGETS[kpi], low=interval.low or 0.0, high=high)
    if cafe_days < FEWEST_CLUSTERS and not census:
        verdict, why = "cannot_tell", TOO_FEW_DAYS
    kind = "census" if census else "clustered" if cafe_days > 1 else "one_day"
    return dict.fromkeys(_FIGURE) | {
        "kpi": kpi,
        "cafe_days": cafe_days,
        "unknown": 0.0,
        "numerator": numerator,
        "denominator": denominator,
        "value": value,
        "low": _finite(interval.low),
        "high": _finite(interval.high),
        "interval": kind,
        "design_effect": interval.design_effect,
        "verdict": verdict,
        "why": why,
    }


def _nothing(kpi: Kpi, *, unknown: float) -> dict[str, Any]:
    return dict.fromkeys(_FIGURE) | {
        "kpi": kpi,
        "cafe_days": 0,
        "unknown": unknown,
        "verdict": "missing",
        "why": NOTHING,
    }


def _finite(value: float | None) -> float | None:
    return None if value is None or math.isinf(value) else value
