"""Themes by day: what is counted, and when a change is more than chance."""

from __future__ import annotations

import json
import math
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.lake_tables.insight_tables import THEMES
from pilot.lake_tables.tables import SCORED_FEEDBACK
from pipelines.feedback.themes_daily import EARLIER_DAYS, HISTORY_COLUMNS, HISTORY_DAYS, Z, themes_of
from pipelines.language.labels import THEMES as NAMES
from pipelines.shapes import schema

DAY = date(2026, 11, 23)


def scored(*claims: dict[str, str] | None, cafe: str = "aurora", simulated: bool = False) -> pl.DataFrame:
    rows = [
        {"day": DAY, "cafe": cafe, "simulated": simulated, "themes": None if each is None else json.dumps(each)}
        for each in claims
    ]
    return pl.DataFrame(rows, schema={name: schema(SCORED_FEEDBACK)[name] for name in rows[0]} if rows else None)


def history(*periods: tuple[int, int, int], theme: str = "queue", cafe: str = "aurora") -> pl.DataFrame:
    """Return earlier days of one theme, each as (days ago, feedbacks, mentions)."""
    rows = [
        (DAY - timedelta(days=ago), cafe, False, theme, feedbacks, mentions) for ago, feedbacks, mentions in periods
    ]
    return pl.DataFrame(rows, schema={name: schema(THEMES)[name] for name in HISTORY_COLUMNS}, orient="row")


def row(frame: pl.DataFrame, theme: str = "queue", cafe: str = "aurora") -> dict[str, Any]:
    return frame.filter((pl.col("theme") == theme) & (pl.col("cafe") == cafe)).row(0, named=True)


def test_each_feedback_counts_once_for_each_theme_that_it_claims_something_about() -> None:
    frame = themes_of(
        scored({"queue": "negative", "coffee": "positive"}, {"queue": "mixed"}, {"queue": "positive"}, None, {}),
        day=DAY,
        history=history(),
    )
    assert frame.height == len(NAMES)
    queue = row(frame)
    assert (queue["feedbacks"], queue["mentions"]) == (5, 3)
    assert (queue["positive"], queue["negative"], queue["mixed"], queue["polarity"]) == (1, 1, 1, 0.0)
    assert row(frame, "coffee")["polarity"] == 1.0
    silent = row(frame, "wifi")
    assert (silent["feedbacks"], silent["mentions"], silent["polarity"]) == (5, 0, None)


def test_a_cafe_without_feedback_has_no_row_and_simulated_guests_stay_apart() -> None:
    both = pl.concat([scored({"food": "positive"}), scored({"food": "negative"}, simulated=True)])
    frame = themes_of(both, day=DAY, history=history())
    assert set(frame["cafe"]) == {"aurora"}
    food = frame.filter(pl.col("theme") == "food").sort("simulated")
    assert food["positive"].to_list() == [1, 0]
    assert food["negative"].to_list() == [0, 1]
    assert themes_of(scored({}).clear(), day=DAY, history=history()).height == 0


def test_a_weeks_window_includes_today_and_history_ends_after_four_weeks() -> None:
    earlier_rows = history((6, 40, 4), (7, 50, 5), (HISTORY_DAYS, 60, 6), (HISTORY_DAYS + 1, 999, 99))
    found = row(themes_of(scored({"queue": "negative"}), day=DAY, history=earlier_rows))
    assert (found["recent_feedbacks"], found["recent_mentions"]) == (41, 5)
    assert (found["earlier_feedbacks"], found["earlier_mentions"]) == (110, 11)
    assert HISTORY_DAYS == EARLIER_DAYS + 6


@pytest.mark.parametrize(
    ("recent", "earlier", "trend"),
    [
        ((100, 30), (300, 30), "rising"),
        ((100, 3), (300, 60), "falling"),
        ((100, 11), (300, 30), "steady"),
        ((20, 15), (300, 3), "too_few"),
        ((100, 3), (300, 5), "too_few"),
        ((100, 99), (300, 300), "steady"),
    ],
)
def test_a_trend_needs_to_be_unlikely_by_chance(recent: tuple[int, int], earlier: tuple[int, int], trend: str) -> None:
    earlier_rows = history((1, recent[0] - 1, recent[1] - 1), (10, *earlier))
    assert row(themes_of(scored({"queue": "negative"}), day=DAY, history=earlier_rows))["trend"] == trend


def two_proportions(recent: tuple[int, int], earlier: tuple[int, int]) -> float:
    """Return the pooled z of (mentions, feedbacks) recently against before.

    Source: Fleiss, Levin, Paik, Statistical Methods for Rates and Proportions, 3rd ed., section 3.1, without the
    continuity correction.
    """
    (hits, among), (hits_before, among_before) = recent, earlier
    pooled = (hits + hits_before) / (among + among_before)
    error = math.sqrt(pooled * (1 - pooled) * (1 / among + 1 / among_before))
    return (hits / among - hits_before / among_before) / error if error else 0.0


@given(
    recent=st.tuples(st.integers(30, 400), st.integers(10, 30)),
    earlier=st.tuples(st.integers(30, 400), st.integers(0, 30)),
)
def test_the_frames_trend_is_the_textbooks(recent: tuple[int, int], earlier: tuple[int, int]) -> None:
    earlier_rows = history((1, recent[0] - 1, recent[1] - 1), (10, *earlier))
    trend = row(themes_of(scored({"queue": "negative"}), day=DAY, history=earlier_rows))["trend"]
    z = two_proportions((recent[1], recent[0]), (earlier[1], earlier[0]))
    assert trend == ("rising" if z >= Z else "falling" if z <= -Z else "steady")
