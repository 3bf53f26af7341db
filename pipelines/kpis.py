"""The pilot's five success metrics, defined here and nowhere else: numerator, denominator, interval, verdict.

Each café and business day has one row of each metric, real and simulated apart. A share of trials carries a Wilson
interval, the p95 of the voice responses one by their order; both take the trials as independent, which turns of one
session are only roughly. A verdict is given by the whole interval: `met` where all of it is on the good side of the
target, `missed` where all of it is on the bad side, otherwise `cannot_tell`. What was never measured is `missing`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from pilot.cafes import Cafes
from pilot.kpi_targets import TARGETS, Kpi, Target, Verdict
from pilot.tables import PILOT_KPIS
from pipelines.intervals import quantile_interval, quantile_rank, wilson
from pipelines.shapes import schema, shaped
from pipelines.uptime import SERVICE_TARGET

VOICE_QUANTILE = 0.95
UNKNOWN_SHARE_LIMIT = 0.001  # more of the day unknown than this: nobody can tell its uptime
KEY = ["cafe", "simulated"]
# What is read of the two big tables.
OF_SESSIONS = ("day", "cafe", "simulated", "outcome")
OF_TURNS = ("day", "cafe", "simulated", "mode", "response_ms", "failure", "within_target")

NO_COUNT = "no count of customers was reported"
NO_PAYOUTS = "no payouts yet"
NO_PROBES = "the service was not probed"
NOT_STARTED = "no session was started"
STILL_OPEN = "every session that was started is still open"
NO_CUSTOMERS = "the café reported no customers"
MORE_THAN_CUSTOMERS = "more sessions were started than customers were reported: the count cannot be right"
NO_VOICE = "nobody talked"
TOO_FEW_TURNS = "too few voice turns to bound the p95"
NEVER_CAME = "more than 5 % of the answers never came, so their p95 is no number"
ON_BOTH_SIDES = "the interval holds the target: too little was seen to tell"


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric of one café on one day, before it is a row."""

    kpi: Kpi
    numerator: float | None = None
    denominator: float | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    verdict: Verdict = "missing"
    why: str | None = None


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
    """Return five rows for each café, and five more where anything simulated was recorded for it.

    Args:
        day: The business day.
        as_of: The moment up to which the day is judged, aware.
        cafes: The cafés; each has its rows, also on a day with nothing in it.
        sessions: Frame of SESSIONS of the day.
        turns: Frame of TURNS of the day.
        uptime: Frame of UPTIME of the day.
        customer_counts: Frame of CUSTOMER_COUNTS of the day.
        payments: Frame of PAYMENTS of the day: terminal facts by rail, counted together; None before there is any.
    """
    of_day = [frame.filter(pl.col("day") == day) for frame in (sessions, turns, uptime, customer_counts)]
    sessions, turns, uptime, customer_counts = of_day
    visits = _by_key(
        sessions.group_by(KEY).agg(
            started=(pl.col("outcome") != "opened_only").sum(),
            completed=(pl.col("outcome") == "completed").sum(),
            open=(pl.col("outcome") == "open").sum(),
        )
    )
    on_the_clock = pl.col("response_ms").is_not_null() & (pl.col("response_ms") >= 0) & pl.col("failure").is_null()
    waits = pl.when(on_the_clock).then("response_ms").otherwise(math.inf)
    voice = _by_key(
        turns.filter(pl.col("mode") == "voice")
        .group_by(KEY)
        .agg(within=pl.col("within_target").sum(), milliseconds=waits)
    )
    service = _by_key(
        uptime.filter(pl.col("target") == SERVICE_TARGET).select(*KEY, "probes", "up_s", "down_s", "unknown_s")
    )
    counts = _by_key(customer_counts.select(*KEY, "customers"))
    paid = _by_key(payments.group_by(KEY).agg(pl.col("succeeded", "failed").sum())) if payments is not None else {}
    keys = {(cafe, False) for cafe in cafes.ids}
    for found in (visits, voice, service, counts, paid):
        keys |= found.keys()
    rows = [
        _row(figure, cafe=key[0], simulated=key[1])
        for key in sorted(keys)
        for figure in (
            _participation(visits.get(key, {}), counts.get(key)),
            _completion(visits.get(key, {})),
            _voice_response(voice.get(key, {})),
            _uptime(service.get(key)),
            _payment_success(paid.get(key)),
        )
    ]
    given = {name: kind for name, kind in schema(PILOT_KPIS).items() if name not in ("day", "as_of")}
    frame = pl.LazyFrame(rows, schema=given, orient="row")
    return shaped(PILOT_KPIS, frame.with_columns(day=pl.lit(day), as_of=pl.lit(as_of)))


def _by_key(frame: pl.DataFrame) -> dict[tuple[str, bool], dict[str, Any]]:
    return {(row["cafe"], row["simulated"]): row for row in frame.iter_rows(named=True)}


def _row(figure: Figure, *, cafe: str, simulated: bool) -> dict[str, Any]:
    target = TARGETS[figure.kpi]
    measured = ("kpi", "numerator", "denominator", "value", "low", "high", "verdict", "why")
    return {
        "cafe": cafe,
        "simulated": simulated,
        **{name: getattr(figure, name) for name in measured},
        "target": target.value,
        "unit": target.unit,
    }


def held_against(target: Target, *, low: float, high: float) -> tuple[Verdict, str | None]:
    """Judge a whole interval against a target."""
    if target.smaller_is_better:
        low, high, value = -high, -low, -target.value
    else:
        value = target.value
    if low >= value:
        return "met", None
    if high < value:
        return "missed", None
    return "cannot_tell", ON_BOTH_SIDES


def _share(kpi: Kpi, *, successes: int, trials: int) -> Figure:
    low, high = wilson(successes, trials)
    verdict, why = held_against(TARGETS[kpi], low=low, high=high)
    return Figure(kpi, successes, trials, successes / trials, low, high, verdict, why)


def _participation(visits: dict[str, Any], count: dict[str, Any] | None) -> Figure:
    """Sessions started among the café's customers; without a count there is no figure, never 0."""
    started = visits.get("started", 0)
    if count is None:
        return Figure("participation", numerator=started, why=NO_COUNT)
    customers = count["customers"]
    if started > customers or customers == 0:
        why = NO_CUSTOMERS if started == 0 else MORE_THAN_CUSTOMERS
        return Figure("participation", started, customers, verdict="cannot_tell", why=why)
    return _share("participation", successes=started, trials=customers)


def _completion(visits: dict[str, Any]) -> Figure:
    """Sessions completed among those started; one that is still open is left out until it is decided."""
    started, completed = visits.get("started", 0), visits.get("completed", 0)
    decided = started - visits.get("open", 0)
    if decided == 0:
        why = STILL_OPEN if started else NOT_STARTED
        return Figure("completion", completed, decided, verdict="cannot_tell", why=why)
    return _share("completion", successes=completed, trials=decided)


def _voice_response(voice: dict[str, Any]) -> Figure:
    """The p95 of the seconds from the end of speech to the first words shown; what never came is infinitely late."""
    seconds = sorted(wait / 1000 for wait in voice.get("milliseconds", []))
    if not seconds:
        return Figure("voice_response", 0, 0, verdict="cannot_tell", why=NO_VOICE)
    value = seconds[quantile_rank(VOICE_QUANTILE, len(seconds)) - 1]
    low, high = quantile_interval(seconds, VOICE_QUANTILE)
    verdict, why = held_against(TARGETS["voice_response"], low=low or 0.0, high=math.inf if high is None else high)
    if verdict == "cannot_tell" and high is None:
        why = TOO_FEW_TURNS
    if math.isinf(value):
        why = NEVER_CAME if why is None else f"{NEVER_CAME}; {why}"
    return Figure(
        "voice_response", voice["within"], len(seconds), _finite(value), _finite(low), _finite(high), verdict, why
    )


def _finite(value: float | None) -> float | None:
    return None if value is None or math.isinf(value) else value


def _uptime(service: dict[str, Any] | None) -> Figure:
    """Time up of the time known: a census, so its interval is the value itself."""
    if service is None or service["probes"] == 0:
        return Figure("uptime", why=NO_PROBES)
    up, known, unknown = service["up_s"], service["up_s"] + service["down_s"], service["unknown_s"]
    if known == 0:
        return Figure("uptime", up, known, verdict="cannot_tell", why=NO_PROBES)
    value = up / known
    share_unknown = unknown / (known + unknown)
    if share_unknown > UNKNOWN_SHARE_LIMIT:
        why = f"{share_unknown:.1%} of the day so far was not probed (at most {UNKNOWN_SHARE_LIMIT:.1%} may be unknown)"
        return Figure("uptime", up, known, value, value, value, "cannot_tell", why)
    verdict, why_not = held_against(TARGETS["uptime"], low=value, high=value)
    return Figure("uptime", up, known, value, value, value, verdict, why_not)


def _payment_success(paid: dict[str, Any] | None) -> Figure:
    """Rewards paid or redeemed among those and the ones that failed for good; unknown and lapsed are neither."""
    if paid is None or paid["succeeded"] + paid["failed"] == 0:
        return Figure("payment_success", why=NO_PAYOUTS)
    return _share("payment_success", successes=paid["succeeded"], trials=paid["succeeded"] + paid["failed"])
