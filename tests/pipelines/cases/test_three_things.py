"""The week's three things: urgent first, then rises, then the most; nothing out of little."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta

import polars as pl
import pytest

from pipelines.cases.proposals import FEWEST_COMPLAINTS, FEWEST_FEEDBACKS, three_things
from pipelines.cases.rate_rise import rise_chance

WEEK = date(2026, 11, 23)
LAST = WEEK - timedelta(days=7)
SCHEMA = {
    "day": pl.Date,
    "session_id": pl.String,
    "themes": pl.String,
    "flags": pl.List(pl.String),
    "signals": pl.List(pl.String),
}


def rows(count: int, theme: str = "", polarity: str = "negative", *, day: date = LAST, **changed: list[str]):
    themes = json.dumps({theme: polarity} if theme else {})
    name = f"{day}-{theme}-{polarity}-{sorted(changed.items())}"
    return [
        (day, f"{name}-{place:03}", themes, changed.get("flags", []), changed.get("signals", []))
        for place in range(count)
    ]


def frame(*parts: list[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame([row for part in parts for row in part], schema=SCHEMA, orient="row")


def earlier(count: int, theme: str = "", polarity: str = "negative"):
    """Return `count` feedbacks in each of the four weeks before."""
    return [row for week in range(2, 6) for row in rows(count, theme, polarity, day=WEEK - timedelta(weeks=week))]


def subjects(feedback: pl.DataFrame, **options: object) -> list[str]:
    return [each.subject for each in three_things(feedback, week=WEEK, **options).items]  # type: ignore[arg-type]


def test_the_most_complained_of_come_first_and_at_most_three():
    feedback = frame(rows(9, "queue"), rows(4, "price"), rows(7, "noise"), rows(5, "coffee"), rows(20))
    assert subjects(feedback) == ["queue", "noise", "coffee"]
    assert subjects(feedback, taken=["noise"]) == ["queue", "coffee", "price"]


def test_a_clear_rise_comes_before_a_steady_complaint():
    feedback = frame(
        rows(12, "price"), rows(9, "queue"), rows(39), earlier(12, "price"), earlier(1, "queue"), earlier(47)
    )
    items = three_things(feedback, week=WEEK).items
    assert [(each.subject, each.whys[1].code) for each in items] == [("queue", "rising"), ("price", "usual")]
    assert items[0].whys[1].details == {
        "share": 9 / 60,
        "share_before": 4 / 240,
        "complaints_before": 4,
        "feedbacks_before": 240,
    }
    first = items[0].whys[0].details
    assert (first["complaints"], first["feedbacks"]) == (9, 60)
    assert first["low"] < 9 / 60 < first["high"]


def test_an_urgent_matter_always_comes_first_whatever_its_signals():
    danger = rows(1, flags=["urgent_allergy"], signals=["copy"])
    today = rows(2, flags=["urgent_safety", "staff_named"], day=WEEK + timedelta(days=1))
    feedback = frame(rows(9, "queue"), rows(8, "price"), rows(7, "noise"), danger, today)
    items = three_things(feedback, week=WEEK).items
    assert [each.subject for each in items] == ["urgent", "queue", "price"]
    assert [each.is_urgent for each in items] == [True, False, False]
    assert [(why.code, why.details["sessions"]) for why in items[0].whys] == [
        ("urgent_safety", 2),
        ("urgent_allergy", 1),
    ]
    assert items[0].sessions == tuple(sorted(row[1] for row in (*danger, *today)))
    handled = [row[1] for row in today]
    assert [why.code for why in three_things(feedback, week=WEEK, handled=handled).items[0].whys] == ["urgent_allergy"]
    assert subjects(feedback, handled=[*handled, danger[0][1]]) == ["queue", "price", "noise"]


def test_an_old_urgent_matter_is_not_proposed():
    assert subjects(frame(rows(1, flags=["urgent_allergy"], day=LAST - timedelta(days=1)))) == []


@pytest.mark.parametrize(
    ("feedback", "state", "count"),
    [
        (frame(), "none", 0),
        (frame(rows(FEWEST_FEEDBACKS - 1, "queue")), "few", FEWEST_FEEDBACKS - 1),
        (frame(rows(FEWEST_FEEDBACKS, "queue")), "enough", FEWEST_FEEDBACKS),
    ],
)
def test_nothing_is_proposed_out_of_little(feedback, state, count):
    found = three_things(feedback, week=WEEK)
    assert (found.state, found.feedbacks, bool(found.items)) == (state, count, state == "enough")


def test_little_feedback_still_proposes_the_urgent():
    found = three_things(frame(rows(1, flags=["urgent_injury"])), week=WEEK)
    assert (found.state, [each.subject for each in found.items]) == ("few", ["urgent"])


@pytest.mark.parametrize(
    "theirs",
    [
        rows(FEWEST_COMPLAINTS - 1, "queue"),
        rows(9, "queue", "positive"),
        rows(9, "other"),
        rows(9, "not_a_theme"),
        rows(9, "queue", signals=["injection"]),
        rows(9, "queue", day=LAST - timedelta(days=1)),
        rows(9, "queue", day=WEEK),
    ],
)
def test_what_does_not_count_is_not_proposed(theirs):
    assert subjects(frame(rows(20), theirs)) == []


def test_a_mixed_claim_is_a_complaint_and_little_history_is_said():
    found = three_things(frame(rows(2, "queue", "mixed"), rows(1, "queue"), rows(10)), week=WEEK)
    assert [each.subject for each in found.items] == ["queue"]
    assert [(why.code, dict(why.details)) for why in found.items[0].whys][1] == ("no_history", {"feedbacks_before": 0})


def test_the_same_feedback_in_any_order_gives_the_same_proposals():
    feedback = frame(rows(6, "queue"), rows(6, "price"), rows(6, "noise"), rows(6, "wifi"), earlier(20))
    expected = three_things(feedback, week=WEEK)
    assert [each.subject for each in expected.items] == ["noise", "price", "queue"]
    for seed in range(5):
        order = random.Random(seed).sample(range(feedback.height), feedback.height)
        assert three_things(feedback[order], week=WEEK) == expected


@pytest.mark.parametrize(
    ("counts", "chance"),
    [
        ((3, 4, 1, 4), 17 / 70),  # Fisher's tea: three of four cups, one-sided
        ((4, 4, 0, 4), 1 / 70),
        ((0, 10, 5, 10), 1.0),
        ((0, 0, 0, 0), 1.0),
    ],
)
def test_the_chance_of_a_rise_is_fishers(counts, chance):
    assert rise_chance(*counts) == pytest.approx(chance, abs=1e-9)


def test_a_share_above_one_is_refused():
    with pytest.raises(ValueError, match="found 5 of 4"):
        rise_chance(5, 4, 0, 4)
