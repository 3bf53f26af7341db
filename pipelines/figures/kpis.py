"""The table `pilot_kpis`: each metric of each café and business day, with interval and verdict.

`pilot.kpis` defines the metrics; this module counts the facts and computes the intervals, for real and simulated rows
separately. A share of trials has a Wilson interval, a p95 an interval of order statistics; both assume independent
trials, which is only roughly true for turns of one session. The whole interval decides the verdict: `met` if all of it
is on the good side of the target, `missed` if all of it is on the bad side, otherwise `cannot_tell`. A metric without
measurements is `missing`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl

from pilot.cafes import Cafes
from pilot.kpis import KPIS, DayFacts, IntervalKind, Kpi, Measure, Reason, ServiceSeconds, Verdict
from pilot.lake_tables.tables import PILOT_KPIS
from pipelines.figures.uptime import SERVICE_TARGET
from pipelines.shapes import schema, table_frame
from pipelines.statistics.intervals import quantile_interval, quantile_rank, wilson

VOICE_QUANTILE = 0.95
UNKNOWN_SHARE_LIMIT = 0.001  # uptime has no verdict above this unknown share of the day
KEY = ["cafe", "simulated"]
SESSION_COLUMNS = ("day", "cafe", "simulated", "outcome")
TURN_COLUMNS = ("day", "cafe", "simulated", "mode", "response_ms", "failure", "within_target")


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric's value, interval and verdict.

    Attributes:
        reasons: Codes of why there is no verdict or no value, the most important first.
        details: The figures behind the reasons, by name.
    """

    numerator: float | None = None
    denominator: float | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    verdict: Verdict = "missing"
    reasons: tuple[Reason, ...] = ()
    details: Mapping[str, float] = field(default_factory=dict)


def pilot_kpis(
    *,
    day: date,
    as_of: datetime,
    cafes: Cafes,
    sessions: pl.DataFrame,
    turns: pl.DataFrame,
    uptime: pl.DataFrame,
    customer_counts: pl.DataFrame,
    payments: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return one row per metric and café, and another set for each café with simulated rows.

    Args:
        day: The business day.
        as_of: The moment up to which the day is judged, aware.
        cafes: The cafés; each has its rows, even on an empty day.
        sessions: Frame of SESSIONS of the day.
        turns: Frame of TURNS of the day.
        uptime: Frame of UPTIME of the day.
        customer_counts: Frame of CUSTOMER_COUNTS of the day.
        payments: Frame of PAYMENTS of the day: final outcomes, counted over all rails; None if there are none yet.
    """
    of_day = [frame.filter(pl.col("day") == day) for frame in (sessions, turns, uptime, customer_counts)]
    facts = _facts(*of_day, payments=payments)
    keys = {(cafe, False) for cafe in cafes.ids} | facts.keys()
    rows = [
        _row(kpi, figure_of(kpi, facts.get(key, DayFacts())), cafe=key[0], simulated=key[1])
        for key in sorted(keys)
        for kpi in KPIS.values()
    ]
    given = {name: kind for name, kind in schema(PILOT_KPIS).items() if name not in ("day", "as_of")}
    frame = pl.LazyFrame(rows, schema=given, orient="row")
    return table_frame(PILOT_KPIS, frame.with_columns(day=pl.lit(day), as_of=pl.lit(as_of)))


def figure_of(kpi: Kpi, facts: DayFacts) -> Figure:
    """Return a metric's figure from a café's facts."""
    measure = kpi.measure(facts)
    if measure.missing_reason is not None:
        return Figure(
            measure.numerator, measure.denominator, verdict=measure.verdict, reasons=(measure.missing_reason,)
        )
    return _INTERVALS[kpi.interval](kpi, measure)


def interval_verdict(kpi: Kpi, *, low: float, high: float) -> tuple[Verdict, tuple[Reason, ...]]:
    """Return the verdict of a whole interval, and the reason if it contains the target."""
    target = kpi.target
    if kpi.smaller_is_better:
        low, high, target = -high, -low, -target
    if low >= target:
        return "met", ()
    if high < target:
        return "missed", ()
    return "cannot_tell", ("on_both_sides",)


def reason_columns(reasons: tuple[Reason, ...], details: Mapping[str, float]) -> dict[str, str | None]:
    """Return the columns `why` and `why_details`."""
    return {"why": ",".join(reasons) or None, "why_details": json.dumps(dict(details)) if details else None}


def unprobed_details(share: float) -> dict[str, float]:
    """Return the details of the reason `unprobed`, as shares."""
    return {"unprobed_share": share, "allowed_share": UNKNOWN_SHARE_LIMIT}


def finite(value: float | None) -> float | None:
    """Return a number, or None if it is infinite."""
    return None if value is None or math.isinf(value) else value


def _facts(
    sessions: pl.DataFrame,
    turns: pl.DataFrame,
    uptime: pl.DataFrame,
    customer_counts: pl.DataFrame,
    *,
    payments: pl.DataFrame | None,
) -> dict[tuple[str, bool], DayFacts]:
    visits = sessions.group_by(KEY).agg(
        started=(pl.col("outcome") != "opened_only").sum(),
        completed=(pl.col("outcome") == "completed").sum(),
        open=(pl.col("outcome") == "open").sum(),
    )
    on_the_clock = pl.col("response_ms").is_not_null() & (pl.col("response_ms") >= 0) & pl.col("failure").is_null()
    waits = pl.when(on_the_clock).then("response_ms").otherwise(math.inf)
    voice = (
        turns.filter(pl.col("within_target").is_not_null())  # Voice turns, except implausible marks.
        .group_by(KEY)
        .agg(voice_within_target=pl.col("within_target").sum(), voice_ms=waits)
    )
    service = uptime.filter(pl.col("target") == SERVICE_TARGET).select(
        *KEY, service=pl.struct("probes", up="up_s", down="down_s", unknown="unknown_s")
    )
    frames = [visits, voice, service, customer_counts.select(*KEY, "customers")]
    if payments is not None:
        frames.append(payments.group_by(KEY).agg(paid=pl.col("succeeded").sum(), failed=pl.col("failed").sum()))
    found: dict[tuple[str, bool], dict[str, Any]] = {}
    for frame in frames:
        for row in frame.iter_rows(named=True):
            found.setdefault((row.pop("cafe"), row.pop("simulated")), {}).update(row)
    return {key: _day_facts(**fields) for key, fields in found.items()}


def _day_facts(*, service: dict[str, Any] | None = None, voice_ms: Sequence[float] = (), **fields: Any) -> DayFacts:
    return DayFacts(
        service=None if service is None else ServiceSeconds(**service),
        voice_seconds=[wait / 1000 for wait in voice_ms],
        **fields,
    )


def _row(kpi: Kpi, figure: Figure, *, cafe: str, simulated: bool) -> dict[str, Any]:
    measured = ("numerator", "denominator", "value", "low", "high", "verdict")
    return {
        "cafe": cafe,
        "simulated": simulated,
        "kpi": kpi.code,
        **{name: getattr(figure, name) for name in measured},
        **reason_columns(figure.reasons, figure.details),
        "target": kpi.target,
        "unit": kpi.unit,
    }


def _wilson(kpi: Kpi, measure: Measure) -> Figure:
    successes, trials = measure.numerator or 0, measure.denominator or 0
    low, high = wilson(successes, trials)
    verdict, reasons = interval_verdict(kpi, low=low, high=high)
    return Figure(successes, trials, successes / trials, low, high, verdict, reasons)


def _p95(kpi: Kpi, measure: Measure) -> Figure:
    """Return the p95 of the samples; an infinite one has no value."""
    samples = sorted(measure.samples)
    value = samples[quantile_rank(VOICE_QUANTILE, len(samples)) - 1]
    low, high = quantile_interval(samples, VOICE_QUANTILE)
    verdict, reasons = interval_verdict(kpi, low=low or 0.0, high=math.inf if high is None else high)
    if verdict == "cannot_tell" and high is None:
        reasons = ("too_few_turns",)
    if math.isinf(value):
        reasons = ("never_came", *reasons)
    ends = finite(value), finite(low), finite(high)
    return Figure(measure.numerator, measure.denominator, *ends, verdict, reasons)


def _census(kpi: Kpi, measure: Measure) -> Figure:
    """Return numerator / denominator, a census: the interval is the value itself."""
    part, known = measure.numerator or 0.0, measure.denominator or 0.0
    value, unknown_share = part / known, measure.unknown / (known + measure.unknown)
    if unknown_share > UNKNOWN_SHARE_LIMIT:
        details = unprobed_details(unknown_share)
        return Figure(part, known, value, value, value, "cannot_tell", ("unprobed",), details)
    verdict, reasons = interval_verdict(kpi, low=value, high=value)
    return Figure(part, known, value, value, value, verdict, reasons)


_INTERVALS: dict[IntervalKind, Callable[[Kpi, Measure], Figure]] = {
    "wilson": _wilson,
    "p95": _p95,
    "census": _census,
}
