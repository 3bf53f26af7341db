"""Expectations of `volume_anomalies`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from pilot.business_days import at_local
from pilot.cafes import Cafes
from pilot.lake_tables.insight_tables import VOLUME_ANOMALIES
from pilot.lake_tables.tables import SESSIONS
from pilot.opening_hours import hours_on
from quality.figure_rules import KEY, of_cafe
from quality.rules import Evidence, Rule, between, cafe_in_file, declaration_rules, one_of

if TYPE_CHECKING:
    import pandas as pd

BASES = ("band", "history")
ODD = ("low", "high")
VERDICTS = (*ODD, "none", "too_little_open")
LEAST_MINUTES = 15.0
PEAK_WEIGHT = 4.0
MOST_SURPRISE = 0.05  # an hour that occurs by chance more than once in twenty is no anomaly
HOUR = timedelta(hours=1)
LONGEST_DAY = timedelta(hours=25)
ROUNDING = 1e-6


def anomaly_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `volume_anomalies`."""
    yield from declaration_rules(VOLUME_ANOMALIES)
    yield cafe_in_file(cafes)
    yield one_of("basis", BASES)
    yield one_of("verdict", VERDICTS)
    yield between("hour", 0, 23)
    yield between("open_minutes", 0, 60)
    yield between("feedbacks", 0)
    yield between("surprise", 0, 1)
    yield Rule(
        "hour_within_opening",
        fact=_within_opening,
        columns=("starts_at",),
        by_todays_file=True,
    )
    yield Rule("away_within_open", fact=_away, columns=("away_minutes", "open_minutes"))
    yield Rule("weight_within_peak", fact=_weighed, columns=("weight",))
    yield Rule("expected_within_bounds", fact=_inside, columns=("expected_low", "expected", "expected_high"))
    yield Rule("judged_iff_open_long_enough", fact=_judged, columns=("verdict",))
    yield Rule(
        "judged_iff_surprise",
        fact=_surprise,
        columns=("surprise", "since"),
    )
    yield Rule("stretch_ends_with_hour", fact=_stretch, columns=("since", "starts_at"))
    yield Rule("low_only_if_settled", fact=_settled, columns=("verdict", "settled"))
    yield Rule("anomaly_surprising_enough", fact=_odd_enough, columns=("verdict", "surprise"))
    yield Rule("feedbacks_within_completed", fact=_counted, columns=("feedbacks",), severity="warn")


def _within_opening(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    import pandas as pd

    opening = {
        cafe.id: (at_local(evidence.day, window[0]), at_local(evidence.day, window[1]))
        for cafe in evidence.cafes.cafe
        if evidence.day is not None and (window := hours_on(cafe, evidence.day).window) is not None
    }
    met = [
        evidence.day is None or (cafe in opening and opening[cafe][0] - HOUR < starts_at < opening[cafe][1])
        for cafe, starts_at in zip(frame["cafe"], frame["starts_at"], strict=True)
    ]
    return pd.Series(met, index=frame.index, dtype=bool)


def _away(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["away_minutes"].between(0, frame["open_minutes"] + ROUNDING)


def _weighed(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    usable = frame["open_minutes"] - frame["away_minutes"]
    return frame["weight"].between(usable - ROUNDING, PEAK_WEIGHT * usable + ROUNDING)


def _inside(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    not_below = (frame["expected_low"] >= 0) & (frame["expected"] >= frame["expected_low"] - ROUNDING)
    return not_below & (frame["expected"] <= frame["expected_high"] + ROUNDING)


def _judged(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    usable = frame["open_minutes"] - frame["away_minutes"]
    return (frame["verdict"] == "too_little_open") == (usable < LEAST_MINUTES)


def _surprise(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    judged = frame["verdict"] != "too_little_open"
    return (frame["surprise"].notna() == judged) & (frame["since"].notna() == judged)


def _stretch(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    reach = frame["starts_at"] - frame["since"]
    return frame["since"].isna() | ((reach >= timedelta()) & (reach < LONGEST_DAY))


def _settled(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return (frame["verdict"] != "low") | frame["settled"].astype(bool)


def _odd_enough(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return ~frame["verdict"].isin(ODD) | (frame["surprise"] <= MOST_SURPRISE)


def _counted(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    completed = evidence.counts(SESSIONS, where=lambda rows: rows["outcome"] == "completed")
    found = frame.groupby(KEY)["feedbacks"].transform("sum")
    return found <= of_cafe(frame, completed)
