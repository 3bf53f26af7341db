"""Satisfaction by session and daypart: its definition, the hours' bounds, and what is left out."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.business_days import STOCKHOLM
from pilot.dayparts import DAYPARTS, daypart
from pilot.lake_tables.tables import SCORED_FEEDBACK
from pipelines.feedback.satisfaction import SATISFACTIONS, satisfaction, satisfaction_of, theme_dayparts
from pipelines.shapes import schema

DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)

claims = st.dictionaries(
    st.sampled_from(["coffee", "queue", "food"]), st.sampled_from(["positive", "negative", "mixed"])
)


def scored(*rows: dict[str, object]) -> pl.DataFrame:
    base = {"day": DAY, "cafe": "aurora", "simulated": False, "completed_at": NOON, "themes": "{}", "signals": []}
    types = schema(SCORED_FEEDBACK)
    return pl.DataFrame([base | row for row in rows], schema={name: types[name] for name in base})


def said(themes: dict[str, str], **more: object) -> dict[str, object]:
    return {"themes": json.dumps(themes), **more}


@pytest.mark.parametrize(
    ("polarities", "found"),
    [
        ((), "neutral"),
        (("positive",), "positive"),
        (("positive", "positive"), "positive"),
        (("negative",), "negative"),
        (("positive", "negative"), "mixed"),
        (("mixed",), "mixed"),
        (("mixed", "positive"), "mixed"),
        (("negative", "mixed"), "mixed"),
    ],
)
def test_a_sessions_satisfaction_is_that_of_its_claims(polarities: tuple[str, ...], found: str) -> None:
    assert satisfaction_of(polarities) == found


@given(st.lists(claims, min_size=1, max_size=8))
def test_the_days_table_counts_each_session_as_the_function_does(sessions: list[dict[str, str]]) -> None:
    row = satisfaction(scored(*map(said, sessions)), day=DAY).row(0, named=True)
    kinds = [satisfaction_of(each.values()) for each in sessions]
    assert {name: row[name] for name in SATISFACTIONS} == {name: kinds.count(name) for name in SATISFACTIONS}
    assert row["usable"] == row["feedbacks"] == len(sessions)


def test_feedback_with_a_signal_counts_as_feedback_but_is_not_usable() -> None:
    day = scored(said({"coffee": "positive"}), said({"coffee": "negative"}, signals=["injection"]), {"themes": None})
    row = satisfaction(day, day=DAY).row(0, named=True)
    assert (row["feedbacks"], row["usable"], row["positive"], row["negative"], row["neutral"]) == (3, 2, 1, 0, 1)
    assert theme_dayparts(day, day=DAY).select("theme", "mentions", "negative").rows() == [("coffee", 1, 0)]


def test_themes_are_counted_by_daypart_and_polarity() -> None:
    morning = NOON.replace(hour=7)
    frame = theme_dayparts(
        scored(
            said({"queue": "negative", "coffee": "positive"}),
            said({"queue": "mixed"}),
            said({"queue": "positive"}, completed_at=morning),
        ),
        day=DAY,
    )
    columns = ("daypart", "theme", "mentions", "positive", "mixed", "negative")
    assert set(frame.select(columns).rows()) == {
        ("lunch", "queue", 2, 0, 1, 1),
        ("lunch", "coffee", 1, 1, 0, 0),
        ("morning", "queue", 1, 1, 0, 0),
    }


@pytest.mark.parametrize("day", [DAY, date(2026, 10, 25), date(2026, 3, 29)])
def test_dayparts_go_by_stockholms_clock_in_winter_and_summer(day: date) -> None:
    midnight = datetime(day.year, day.month, day.day, tzinfo=STOCKHOLM).astimezone(UTC)
    moments = [midnight + timedelta(minutes=30 * step) for step in range(44)]
    frame = satisfaction(scored(*({"completed_at": each} for each in moments)), day=DAY)
    counted = dict(frame.select("daypart", "feedbacks").rows())
    assert counted == {name: sum(daypart(each) == name for each in moments) for name in DAYPARTS}


@pytest.mark.parametrize(
    ("hour", "minute", "part"),
    [
        (6, 0, "morning"),
        (10, 59, "morning"),
        (11, 0, "lunch"),
        (13, 59, "lunch"),
        (14, 0, "afternoon"),
        (16, 59, "afternoon"),
        (17, 0, "evening"),
        (23, 59, "evening"),
    ],
)
def test_a_daypart_begins_on_the_hour(hour: int, minute: int, part: str) -> None:
    assert daypart(datetime(2026, 11, 23, hour, minute, tzinfo=STOCKHOLM)) == part


def test_cafes_and_simulated_guests_stay_apart() -> None:
    day = scored({}, {"cafe": "goteborg"}, {"simulated": True})
    assert sorted(satisfaction(day, day=DAY).select("cafe", "simulated", "neutral").rows()) == [
        ("aurora", False, 1),
        ("aurora", True, 1),
        ("goteborg", False, 1),
    ]
    assert satisfaction(day.clear(), day=DAY).height == 0
