"""Expectations of the reports: `pilot_report`, `business_impact`, `capacity_plan`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, get_args

from pilot.cafes import Cafes
from pilot.kpis import KPIS, Unit, Verdict
from pilot.lake_tables.report_tables import ALL_CAFES, BUSINESS_IMPACT, CAPACITY_PLAN, PILOT_REPORT
from quality.figure_rules import (
    ROUNDING,
    divided_holds,
    each_metric,
    inside_holds,
    share_holds,
    target_holds,
    verdict_holds,
    why_holds,
)
from quality.rules import Evidence, Rule, between, cafe_in_file, declaration_rules, matches, one_of

if TYPE_CHECKING:
    import pandas as pd

INTERVALS = ("clustered", "anytime", "one_day", "census")
FIGURES = (
    "participation",
    "completion",
    "feedbacks_a_day",
    "score",
    "useful",
    "reward_per_feedback",
    "reward_per_useful",
    "theme",
    "complaints",
)
CHANGES = ("rose", "fell", "no_change_seen", "too_few", "too_early")
SUM_ROUNDING = 1e-6


def report_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `pilot_report`."""
    yield from declaration_rules(PILOT_REPORT)
    yield cafe_in_file(cafes, ALL_CAFES)
    yield one_of("kpi", tuple(KPIS))
    yield one_of("verdict", get_args(Verdict))
    yield one_of("unit", get_args(Unit))
    yield one_of("interval", INTERVALS)
    yield between("days", 1)
    yield between("cafe_days", 0)
    yield between("unknown", 0, 1)
    yield between("design_effect", 1)
    yield Rule("left_out_within_days", fact=_left_out, columns=("days", "days_left_out"))
    yield Rule("target_is_registered", fact=target_holds, columns=("kpi", "target", "unit"))
    yield Rule("share_between_0_and_1", fact=share_holds, columns=("value",))
    yield Rule("share_is_ratio", fact=divided_holds, columns=("numerator",))
    yield Rule("value_within_interval", fact=inside_holds, columns=("low", "value", "high"))
    yield Rule("unjudged_has_reason", fact=why_holds, columns=("verdict", "why"))
    yield Rule("verdict_matches_interval", fact=verdict_holds, columns=("verdict", "low", "high", "target"))
    yield Rule("all_is_sum_of_cafes", fact=_sum, columns=("numerator", "denominator"))
    yield Rule("each_cafe_and_all_have_each_kpi", fact=each_metric, of_rows=False)


def impact_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `business_impact`."""
    yield from declaration_rules(BUSINESS_IMPACT)
    yield cafe_in_file(cafes, ALL_CAFES)
    yield one_of("figure", FIGURES)
    yield one_of("unit", ("share", "feedbacks", "points", "öre"))
    yield one_of("change", CHANGES)
    yield matches("subject", r"^[a-z_]{3,20}$", code="theme_name")
    yield between("cafe_days", 0)
    yield between("numerator", 0)
    yield between("denominator", 0)
    yield Rule("value_is_ratio", fact=_value, columns=("numerator", "denominator"))
    yield Rule("difference_within_interval", fact=_within, columns=("low", "difference", "high"))
    yield Rule("change_beyond_interval", fact=_changed, columns=("change", "low", "high"))
    yield Rule("periods_do_not_overlap", fact=_apart, columns=("before_to", "after_from"))


def capacity_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `capacity_plan`."""
    yield from declaration_rules(CAPACITY_PLAN)
    yield cafe_in_file(cafes, ALL_CAFES)
    yield between("days", 1)
    yield between("trial_limit", 0)
    yield between("trial_used", 0)
    yield between("feedbacks_a_day", 0)
    yield between("days_left", 0)
    yield between("days_left_expected", 0)
    yield between("measured_at_once", 1)
    yield between("bytes_a_day", 0)
    yield Rule("busiest_hour_within_sessions", fact=_hour, columns=("busiest_hour_sessions",))
    yield Rule("concurrent_within_sessions", fact=_at_once, columns=("most_at_once",))
    yield Rule("reached_limit_leaves_no_days", fact=_limit, columns=("trial_limit", "trial_used"))
    yield Rule("each_cafe_and_all_have_a_row", fact=_each_cafe, of_rows=False, by_todays_file=True)


def _left_out(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["days_left_out"].between(0, frame["days"])


def _sum(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    apart = frame[frame["cafe"] != ALL_CAFES].groupby(["simulated", "kpi"])["numerator"].sum()
    keys = list(zip(frame["simulated"], frame["kpi"], strict=True))
    found = frame["numerator"].fillna(0.0) - [float(apart.get(key, 0.0)) for key in keys]
    return (frame["cafe"] != ALL_CAFES) | (found.abs() <= SUM_ROUNDING)


def _value(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    apart = (frame["value"] * frame["denominator"] - frame["numerator"]).abs()
    return frame["value"].isna() | (apart <= SUM_ROUNDING * (1 + frame["numerator"]))


def _within(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    outside = (frame["difference"] < frame["low"] - ROUNDING) | (frame["difference"] > frame["high"] + ROUNDING)
    return ~outside


def _changed(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    rose = (frame["change"] != "rose") | (frame["low"] > 0)
    return rose & ((frame["change"] != "fell") | (frame["high"] < 0))


def _apart(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    neither = frame["before_to"].isna() & frame["after_from"].isna()
    return neither | (frame["before_to"].astype(str) < frame["after_from"].astype(str))


def _hour(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["busiest_hour_sessions"].between(0, frame["sessions"])


def _at_once(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["most_at_once"].between(0, frame["sessions"])


def _limit(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    reached = (frame["trial_used"] >= frame["trial_limit"]) & (frame["cafe"] != ALL_CAFES)
    return ~reached | (frame["days_left_expected"] == 0)


def _each_cafe(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    wanted = {*evidence.cafes.ids, ALL_CAFES}
    return frame.groupby("simulated")["cafe"].agg(lambda cafes: set(cafes) >= wanted).astype(bool)
