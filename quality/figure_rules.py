"""Expectations of a café's daily figures: `customer_counts`, `probes`, `uptime`, `pilot_kpis`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, get_args

from pilot.business_days import day_bounds
from pilot.cafes import Cafes
from pilot.counts import MOST_CUSTOMERS, SOURCES
from pilot.events import Probe, ProbeFailure
from pilot.kpis import KPIS, Unit, Verdict
from pilot.lake_tables.tables import CUSTOMER_COUNTS, PILOT_KPIS, PROBES, SESSIONS, UPTIME
from quality.rules import Evidence, Rule, between, cafe_in_file, declaration_rules, matches_count, one_of

if TYPE_CHECKING:
    import pandas as pd

KEY = ["cafe", "simulated"]
ROUNDING_SECONDS = 1.0
ROUNDING = 1e-9
SERVICE_TARGET = "customer_page"


def customer_count_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `customer_counts`."""
    yield from declaration_rules(CUSTOMER_COUNTS)
    yield cafe_in_file(cafes)
    yield one_of("source", SOURCES)
    yield between("customers", 0, MOST_CUSTOMERS)
    yield Rule("sessions_within_customers", fact=_enough_customers, columns=("customers",), severity="warn")


def probe_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `probes`."""
    yield from declaration_rules(PROBES)
    yield cafe_in_file(cafes)
    yield one_of("target", get_args(Probe.model_fields["target"].annotation))
    yield one_of("failure", get_args(ProbeFailure))
    yield between("duration_ms", 0)
    yield between("every_seconds", 1)


def uptime_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `uptime`."""
    yield from declaration_rules(UPTIME)
    yield cafe_in_file(cafes)
    yield one_of("target", get_args(Probe.model_fields["target"].annotation))
    yield between("probes", 0)
    yield between("up_s", 0)
    yield between("down_s", 0)
    yield between("unknown_s", 0)
    yield Rule("seconds_add_up", fact=_adds_up, columns=("up_s", "down_s", "unknown_s"))
    yield Rule("unprobed_never_up", fact=_seen, columns=("probes", "up_s"))
    yield Rule("each_cafe_probed", fact=_each_cafe, of_rows=False, by_todays_file=True)


def kpi_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `pilot_kpis`."""
    yield from declaration_rules(PILOT_KPIS)
    yield cafe_in_file(cafes)
    yield one_of("kpi", tuple(KPIS))
    yield one_of("verdict", get_args(Verdict))
    yield one_of("unit", get_args(Unit))
    yield between("numerator", 0)
    yield between("denominator", 0)
    yield Rule("target_is_registered", fact=target_holds, columns=("kpi", "target", "unit"))
    yield Rule("share_between_0_and_1", fact=share_holds, columns=("value",))
    yield Rule("share_is_ratio", fact=divided_holds, columns=("numerator", "denominator"))
    yield Rule("value_within_interval", fact=inside_holds, columns=("low", "value", "high"))
    yield Rule("unjudged_has_reason", fact=why_holds, columns=("verdict", "why"))
    yield Rule("judged_has_value", fact=_has_value, columns=("verdict", "value"))
    yield Rule("verdict_matches_interval", fact=verdict_holds, columns=("verdict", "low", "high", "target"))
    yield Rule("completion_counts_completed", fact=_completed, columns=("numerator",))
    yield Rule("each_cafe_has_each_kpi", fact=each_metric, of_rows=False)


def _enough_customers(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    started = evidence.counts(SESSIONS, where=lambda rows: rows["outcome"] != "opened_only")
    return of_cafe(frame, started) <= frame["customers"]


def of_cafe(frame: pd.DataFrame, counted: pd.Series[int]) -> pd.Series[float]:
    """Return the count of each row's café, 0 if it has none."""
    found = dict(counted.items())
    keys = zip(frame["cafe"], frame["simulated"], strict=True)
    return frame["simulated"].map(lambda _: 0.0) + [float(found.get(key, 0)) for key in keys]


def _adds_up(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    import pandas as pd

    if evidence.day is None:
        return frame["up_s"].notna()
    start, end = day_bounds(evidence.day)
    so_far = [max(0.0, (min(as_of, end) - start).total_seconds()) for as_of in frame["as_of"]]
    total = frame["up_s"] + frame["down_s"] + frame["unknown_s"]
    expected = pd.Series(so_far, index=frame.index, dtype=float)
    return total.between(expected - ROUNDING_SECONDS, expected + ROUNDING_SECONDS)


def _seen(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return (frame["probes"] > 0) | (frame["up_s"] == 0)


def _each_cafe(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    if frame.empty:
        return frame["target"].notna()
    import pandas as pd

    of_page = frame[frame["target"] == SERVICE_TARGET]
    return pd.Series(list(evidence.cafes.ids)).isin(of_page["cafe"])


def target_holds(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    """Return whether each row has its metric's target and unit."""
    values = frame["kpi"].map({code: kpi.target for code, kpi in KPIS.items()})
    units = frame["kpi"].map({code: kpi.unit for code, kpi in KPIS.items()})
    return (frame["target"] == values) & (frame["unit"] == units)


def share_holds(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    """Return whether each share lies between 0 and 1."""
    return (frame["unit"] != "share") | frame["value"].isna() | frame["value"].between(0, 1)


def divided_holds(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    """Return whether each share is its numerator divided by its denominator."""
    apart = (frame["value"] - frame["numerator"] / frame["denominator"]).abs()
    return (frame["unit"] != "share") | frame["value"].isna() | (apart <= ROUNDING)


def inside_holds(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    """Return whether each value lies in its interval."""
    outside = (frame["value"] < frame["low"] - ROUNDING) | (frame["value"] > frame["high"] + ROUNDING)
    return ~outside


def why_holds(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    """Return whether each row without a verdict has a reason."""
    return frame["verdict"].isin(["met", "missed"]) | frame["why"].notna()


def _has_value(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    # A p95 is missed and has no value if too many answers never came; its row has a reason.
    decided = frame["verdict"].isin(["met", "missed"]) & frame["why"].isna()
    return ~decided | frame["value"].notna()


def verdict_holds(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    """Return whether each metric that is met is met by its whole interval."""
    smaller = frame["kpi"].map({code: kpi.smaller_is_better for code, kpi in KPIS.items()}).astype(bool)
    worst = frame["low"].where(~smaller, -frame["high"])
    aim = frame["target"].where(~smaller, -frame["target"])
    return (frame["verdict"] != "met") | (worst >= aim)


def _completed(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    counted = evidence.counts(SESSIONS, where=lambda rows: rows["outcome"] == "completed")
    return (frame["kpi"] != "completion") | matches_count(frame["numerator"], of_cafe(frame, counted), evidence)


def each_metric(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    """Return, for each café, whether it has every metric.

    A past day keeps the metrics that it was built with, the same ones for every café.
    """
    expected = set(frame["kpi"]) if evidence.settled else set(KPIS)
    return frame.groupby(KEY)["kpi"].agg(lambda kpis: set(kpis) == expected).astype(bool)
