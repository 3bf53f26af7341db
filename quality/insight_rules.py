"""Expectations of `themes` and `voice_latency`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pilot.cafes import Cafes
from pilot.lake_tables.insight_tables import THEMES, VOICE_LATENCY
from pilot.lake_tables.tables import SCORED_FEEDBACK, TURNS
from quality.figure_rules import KEY, of_cafe
from quality.rules import Evidence, Rule, between, cafe_in_file, declaration_rules, matches, matches_count, one_of

if TYPE_CHECKING:
    import pandas as pd

TRENDS = ("rising", "falling", "steady", "too_few")
AUTHORS = ("scripted", "ollama", "none")
STAGES = ("soft_end", "recognition_start", "recognition_end", "commit", "first_token", "sent", "shown")


def theme_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `themes`."""
    yield from declaration_rules(THEMES)
    yield cafe_in_file(cafes)
    yield matches("theme", r"^[a-z_]{3,20}$", code="theme_name")
    yield one_of("trend", TRENDS)
    yield between("feedbacks", 1)
    yield between("polarity", -1, 1)
    yield Rule("mentions_within_feedbacks", fact=_mentions, columns=("mentions", "feedbacks"))
    yield Rule("polarities_add_up", fact=_adds_up, columns=("positive", "negative", "mixed"))
    yield Rule("period_includes_day", fact=_periods, columns=("recent_feedbacks", "recent_mentions"))
    yield Rule("feedbacks_match_scored", fact=_scored, columns=("feedbacks",))


def latency_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `voice_latency`."""
    yield from declaration_rules(VOICE_LATENCY)
    yield cafe_in_file(cafes)
    yield one_of("author", AUTHORS)
    yield one_of("stage", STAGES)
    yield between("turns", 1)
    yield between("p50_ms", 0)
    yield Rule("measured_within_turns", fact=_measured, columns=("measured", "turns"))
    yield Rule("within_2s_within_3s", fact=_within, columns=("within_2s", "within_3s", "measured"))
    yield Rule("quantiles_ascend", fact=_rising, columns=("p50_ms", "p95_ms", "longest_ms"))
    yield Rule("turns_match_voice_turns", fact=_turns, of_rows=False)


def _mentions(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["mentions"].between(0, frame["feedbacks"])


def _adds_up(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["positive"] + frame["negative"] + frame["mixed"] == frame["mentions"]


def _periods(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return (frame["recent_feedbacks"] >= frame["feedbacks"]) & (frame["recent_mentions"] >= frame["mentions"])


def _scored(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return matches_count(frame["feedbacks"], of_cafe(frame, evidence.counts(SCORED_FEEDBACK)), evidence)


def _measured(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["measured"].between(0, frame["turns"])


def _within(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return (frame["within_2s"] <= frame["within_3s"]) & (frame["within_3s"] <= frame["measured"])


def _rising(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return ~((frame["p50_ms"] > frame["p95_ms"]) | (frame["p95_ms"] > frame["longest_ms"]))


def _turns(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    said = evidence.counts(TURNS, where=lambda rows: rows["mode"] == "voice")
    shown = frame[frame["stage"] == "shown"].groupby(KEY)["turns"].sum()
    shown, said = shown.align(said, fill_value=0)
    return matches_count(shown, said, evidence)
