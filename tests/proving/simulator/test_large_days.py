"""Days of any size: simulated, the same for a seed, within the contract, and like the small ones."""

from __future__ import annotations

import json
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pilot.business_days import day_bounds, local_time
from pilot.cafes import Cafes, parse_cafes
from pilot.events import EVENTS, parse_event, session_day, unknown_parts
from pilot.lake_tables.tables import RAW_EVENTS
from pipelines.feedback.sessions import sessions
from pipelines.shapes import schema
from proving.simulator import chances
from proving.simulator.effects import cafe_days, characters
from proving.simulator.large_days import LargeDay, crowd, customer_counts, event_parts
from proving.simulator.many_cafes import many_cafes
from proving.simulator.many_guests import Habits
from proving.simulator.phrases import phrases

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("large days")]  # Phrases and a day that the tests share.

BASE = parse_cafes((Path(__file__).parents[3] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
DAY = date(2026, 11, 10)


def large(*, cafes: Cafes = BASE, day: date = DAY, seed: int = 1, guests: int | None = None) -> LargeDay:
    return LargeDay(cafes=cafes, day=day, seed=seed, guests=guests)


def made(which: LargeDay) -> pl.DataFrame:
    return pl.concat(event_parts(which, crowd(which)))


@pytest.fixture(scope="module")
def hundred() -> tuple[LargeDay, pl.DataFrame]:
    which = large(cafes=many_cafes(BASE, count=100), guests=12_000)
    return which, made(which)


def test_the_same_seed_gives_the_same_rows_and_another_seed_others() -> None:
    once = made(large(seed=7))
    phrases.cache_clear()
    assert_frame_equal(once, made(large(seed=7)))
    assert made(large(seed=7))["event_id"].item(0) != made(large(seed=8))["event_id"].item(0)


def test_the_marks_of_every_turn_run_forward(hundred: tuple[LargeDay, pl.DataFrame]) -> None:
    rows = hundred[1].filter(event="reply_sent")["data"]
    spoken = [[at for at in json.loads(each)["marks"].values() if at is not None] for each in rows]
    assert any(each and each[2] < 245 for each in spoken)
    assert [each for each in spoken if each != sorted(each)] == []


def test_every_event_keeps_the_contract_and_is_simulated(hundred: tuple[LargeDay, pl.DataFrame]) -> None:
    _, events = hundred
    assert dict(events.schema) == schema(RAW_EVENTS)
    assert events["simulated"].all()
    assert events["event_id"].is_unique().all()
    for row in events.group_by("event").head(40).iter_rows(named=True):
        line = (
            f'{{"schema":{row["schema_version"]},"event_id":"{row["event_id"]}","event":"{row["event"]}",'
            f'"at":"{row["at"]:%Y-%m-%dT%H:%M:%S.%fZ}","session_id":"{row["session_id"]}","cafe":"{row["cafe"]}",'
            f'"edge":"{row["edge"]}","epoch":{row["epoch"]},"seq":{row["seq"]},"simulated":true,"data":{row["data"]}}}'
        )
        event = parse_event(line)
        assert not unknown_parts(event)
        # A day of guests has no shared probe.
        left_out = {"cafes", "durations_ms"} if event.event == "probe" else set()
        assert set(event.data) == set(EVENTS[event.event].model_fields) - left_out
        assert event.day == DAY


def test_the_requested_number_of_guests_opens_the_page(hundred: tuple[LargeDay, pl.DataFrame]) -> None:
    _, events = hundred
    assert events.filter(pl.col("event") == "page_opened").height == 12_000
    assert events["cafe"].n_unique() == 100


def test_sequence_numbers_have_no_gaps_and_moments_rise(hundred: tuple[LargeDay, pl.DataFrame]) -> None:
    _, events = hundred
    rows = sessions(events, as_of=day_bounds(DAY)[1])
    assert rows["missing_events"].sum() == 0
    visits = events.filter(pl.col("event") != "probe").sort("session_id", "seq")
    falls = visits.select((pl.col("at") < pl.col("at").shift(1).over("session_id")).sum()).item()
    assert falls == 0


def test_completion_lies_around_its_chance(hundred: tuple[LargeDay, pl.DataFrame]) -> None:
    _, events = hundred
    rows = sessions(events, as_of=day_bounds(DAY)[1])
    started = rows.filter(pl.col("outcome") != "opened_only").height
    assert started / rows.height == pytest.approx(chances.SHARE_STARTED, abs=0.02)
    assert rows.filter(pl.col("outcome") == "completed").height / started == pytest.approx(0.75, abs=0.03)


def test_most_come_in_the_peaks_and_within_opening_hours() -> None:
    which = large(guests=3_000)
    opened = made(which).filter(pl.col("event") == "page_opened")
    for cafe in BASE.cafe:
        opens, closes = cafe.opening_hours.on(DAY)
        walls = [local_time(at).time() for at in opened.filter(pl.col("cafe") == cafe.id)["at"]]
        assert all(opens <= wall < closes for wall in walls)
        assert sum(any(a <= wall < b for a, b in cafe.peaks) for wall in walls) > 0.5 * len(walls)


def test_nobody_comes_on_a_closed_day() -> None:
    closed = date(2026, 12, 25)
    which = large(day=closed)
    by_cafe = made(which).filter(pl.col("event") == "page_opened")["cafe"].unique().to_list()
    assert "aurora" not in by_cafe


def test_a_session_belongs_to_the_day_on_both_days_of_the_clock_change() -> None:
    for day in (date(2026, 3, 29), date(2026, 10, 25)):
        assert {session_day(each) for each in made(large(day=day))["session_id"].unique()} == {day}


def test_some_customer_counts_are_missing_and_the_others_are_whole() -> None:
    many = large(cafes=many_cafes(BASE, count=2_000))
    counts = customer_counts(many, crowd(many))
    assert 1 - counts.height / 2_000 == pytest.approx(chances.COUNT_MISSING_SHARE, abs=0.02)
    assert counts["simulated"].all()
    assert counts["customers"].min() > 0


def test_days_and_cafes_differ_and_a_cafe_keeps_its_character() -> None:
    of = characters(bands=np.full(400, 60.0))
    assert np.array_equal(of.completion, characters(bands=np.full(400, 60.0)).completion)
    days = np.array([cafe_days(np.random.default_rng(n), of=of, day=DAY).completion for n in range(40)])
    assert np.std(days - days.mean(axis=0)) == pytest.approx(chances.COMPLETED_SPREAD, rel=0.1)
    assert np.std(days.mean(axis=0)) > 0.015
    friday, sunday = (
        cafe_days(np.random.default_rng(1), of=of, day=date(2026, 11, day)).volume.mean() for day in (13, 15)
    )
    assert friday > 1.3 * sunday


def test_a_large_day_is_made_in_parts_of_whole_cafes() -> None:
    which = LargeDay(
        cafes=many_cafes(BASE, count=300),
        day=DAY,
        seed=1,
        guests=60_000,
        habits=Habits(0.97, (0, 0.15, 0.35, 0.3, 0.2)),
    )
    parts = [part["cafe"].unique().sort() for part in event_parts(which, crowd(which))]
    assert len(parts) > 1
    assert sum(len(part) for part in parts) == 300
    assert all(before.item(-1) < after.item(0) for before, after in pairwise(parts))
