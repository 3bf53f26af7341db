"""Expectations of `satisfaction` and `theme_dayparts`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pilot.cafes import Cafes
from pilot.dayparts import DAYPARTS
from pilot.lake_tables.satisfaction_tables import SATISFACTION, THEME_DAYPARTS
from pilot.lake_tables.tables import SCORED_FEEDBACK
from quality.figure_rules import KEY, of_cafe
from quality.rules import Evidence, Rule, between, cafe_in_file, declaration_rules, matches, matches_count, one_of

if TYPE_CHECKING:
    import pandas as pd


def satisfaction_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `satisfaction`."""
    yield from declaration_rules(SATISFACTION)
    yield cafe_in_file(cafes)
    yield one_of("daypart", DAYPARTS)
    yield between("feedbacks", 1)
    for name in ("positive", "mixed", "negative", "neutral"):
        yield between(name, 0)
    yield Rule("usable_within_feedbacks", fact=_usable, columns=("usable", "feedbacks"))
    yield Rule("satisfactions_add_up", fact=_all, columns=("usable", "positive", "mixed", "negative", "neutral"))
    yield Rule("feedbacks_match_scored", fact=_scored, columns=("feedbacks",))


def theme_daypart_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `theme_dayparts`."""
    yield from declaration_rules(THEME_DAYPARTS)
    yield cafe_in_file(cafes)
    yield one_of("daypart", DAYPARTS)
    yield matches("theme", r"^[a-z_]{3,20}$", code="theme_name")
    yield between("mentions", 1)
    yield Rule("polarities_add_up", fact=_polarities, columns=("mentions", "positive", "mixed", "negative"))
    yield Rule("mentions_within_scored", fact=_within, columns=("mentions",))


def _usable(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["usable"].between(0, frame["feedbacks"])


def _all(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["positive"] + frame["mixed"] + frame["negative"] + frame["neutral"] == frame["usable"]


def _scored(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    dayparts = frame.groupby(KEY)["feedbacks"].transform("sum")
    return matches_count(dayparts, of_cafe(frame, evidence.counts(SCORED_FEEDBACK)), evidence)


def _polarities(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["positive"] + frame["mixed"] + frame["negative"] == frame["mentions"]


def _within(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    themes = frame.groupby([*KEY, "theme"])["mentions"].transform("sum")
    scored = of_cafe(frame, evidence.counts(SCORED_FEEDBACK))
    # An erasure removes a frozen day's sessions and leaves its figures.
    return themes <= scored if not evidence.frozen else themes > 0
