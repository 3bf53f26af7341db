"""A day rebuilt only at the cafés of new events has the rows of the day rebuilt as a whole."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.automation.sensor import OF_GUESTS, observe, plan
from assets.automation.sensor_cursor import Cursor
from assets.framework.touched import CAFES_TAG
from pilot.events import Event
from pilot.lake_tables.tables import RAW_EVENTS, SESSIONS, TABLES
from storage import cafe_parts
from storage.cafe_parts import CafeRange, touched_ranges
from storage.home import Home
from storage.store.privacy import tombstones
from tests.assets.stories import DAY, WEEKS_LATER
from tests.events import MORNING, Story, whole_visit

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CAFES = ("aurora", "goteborg", "malmohuset", "unknown")
NOW = datetime(2026, 12, 20, 12, tzinfo=UTC)
STEPS = 5
STEP_KINDS = ("visit", "visit", "late", "double", "correction", "erasure")


@pytest.fixture
def one_cafe_a_range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cafe_parts, "BUCKET_CAFES", 1)


class Sensor:
    """The sensor's decisions, and the runs that it requests, one after another."""

    def __init__(self, home: Home, run: Any) -> None:
        self._home, self._run = home, run
        self._cursor = Cursor(served=NOW.timestamp())
        self.limited = 0

    def tick(self) -> dict[str, str]:
        """Execute the requested run, if there is one; return its tags."""
        planned = plan(self._cursor, observation=observe(self._home, cursor=self._cursor, now=NOW))
        if isinstance(planned, str) or not planned[1]:
            return {}
        cursor, (request,) = planned
        assert cursor.asked is not None
        names = [key.to_user_string() for key in request.asset_selection or OF_GUESTS]
        assert self._run(DAY, only=names, tags={**request.tags, **WEEKS_LATER}).success
        self.limited += CAFES_TAG in request.tags
        self._cursor = Cursor(built=cursor.asked.landing, outbox=cursor.asked.outbox, served=NOW.timestamp())
        return dict(request.tags)


def rows(home: Home) -> dict[str, pl.DataFrame]:
    return {name: home.lake().read(table, days=[DAY]) for name, table in TABLES.items()}


def assert_as_whole(home: Home, run: Any) -> None:
    limited = rows(home)
    assert run(DAY, only=[key.to_user_string() for key in OF_GUESTS], tags=WEEKS_LATER).success
    for name, frame in rows(home).items():
        assert_frame_equal(limited[name], frame)


@pytest.mark.usefixtures("one_cafe_a_range")
@pytest.mark.parametrize("seed", [1, 2])
def test_late_double_erased_and_corrected_events_give_the_rows_of_a_whole_rebuild(
    seed: int, home: Home, land: Any, run: Any
) -> None:
    chance = random.Random(seed)
    sensor, landed, later = Sensor(home, run), [], []
    land(*(whole_visit(cafe) for cafe in CAFES))
    sensor.tick()
    for step in range(STEPS):
        cafe, at = chance.choice(CAFES), MORNING + timedelta(minutes=10 + step)
        kind = chance.choice(STEP_KINDS)
        if kind == "late" and later:
            land(later.pop(chance.randrange(len(later))), replica="edge2")
        elif kind == "double" and landed:
            land(chance.choice(landed).events, replica=f"edge{step + 3}")
        elif kind == "erasure" and landed:
            gone = landed.pop(chance.randrange(len(landed)))
            tombstones.add(home.store(), session_id=gone.session_id, actor="test", reason="asked for")
        elif kind == "correction":
            story = Story(cafe, at=at).opens().starts().consents().says("Kön var lång.").edits(1, "Kön var kort.")
            land(story.events[:-1])
            later.append(story.completes().events[len(story.events) - 2 :])
        else:
            landed.append(whole_visit(cafe, at=at))
            land(landed[-1])
        sensor.tick()
    events: list[Event] = [event for each in later for event in each]
    if events:
        land(events)
        sensor.tick()
    assert sensor.limited
    assert_as_whole(home, run)


@pytest.mark.usefixtures("one_cafe_a_range")
def test_a_guest_rewrites_the_rows_of_one_cafe_only(home: Home, land: Any, run: Any) -> None:
    sensor = Sensor(home, run)
    land(*(whole_visit(cafe) for cafe in CAFES))
    sensor.tick()
    land(whole_visit("goteborg", at=MORNING + timedelta(minutes=5)))
    assert sensor.tick()[CAFES_TAG] == '["goteborg"]'
    written = home.lake().delta(SESSIONS).get_add_actions(flatten=True)  # type: ignore[union-attr]
    assert sum(pl.DataFrame(written)["num_records"]) == len(CAFES) + 1
    assert_as_whole(home, run)


@pytest.mark.usefixtures("one_cafe_a_range")
def test_a_session_under_two_cafes_is_rebuilt_with_both(home: Home, land: Any, run: Any) -> None:
    sensor = Sensor(home, run)
    story = whole_visit("aurora")
    land(story.events[:4], *(whole_visit(cafe) for cafe in CAFES))
    sensor.tick()
    land([event.model_copy(update={"cafe": "malmohuset"}) for event in story.events[4:]])
    assert sensor.tick()[CAFES_TAG] == '["malmohuset"]'
    assert home.lake().read(SESSIONS, days=[DAY])["session_id"].to_list().count(story.session_id) == 1
    assert_as_whole(home, run)


@pytest.mark.usefixtures("one_cafe_a_range")
def test_a_lost_or_broken_segment_means_the_whole_day(home: Home, land: Any, run: Any) -> None:
    sensor = Sensor(home, run)
    land(*(whole_visit(cafe) for cafe in CAFES))
    (extra,) = land(whole_visit("aurora", at=MORNING + timedelta(minutes=3)))
    sensor.tick()
    home.segments().remove(extra)
    land(whole_visit("goteborg", at=MORNING + timedelta(minutes=5)))
    assert CAFES_TAG not in sensor.tick()
    assert home.lake().rows_by_day(RAW_EVENTS)[DAY] == sum(len(whole_visit().events) for _ in (*CAFES, "goteborg"))
    assert_as_whole(home, run)


def test_a_home_of_few_cafes_is_one_range(home: Home, land: Any, run: Any) -> None:
    sensor = Sensor(home, run)
    land(whole_visit())
    sensor.tick()
    land(whole_visit("goteborg"))
    assert CAFES_TAG not in sensor.tick()
    delta = home.lake().delta(SESSIONS)
    assert delta is not None
    assert len(delta.file_uris()) == 1


@pytest.mark.parametrize(("count", "ranges"), [(3, 1), (16, 1), (17, 2), (100, 7), (1024, 64), (10_000, 64)])
def test_ranges_of_many_cafes_are_at_most_64_and_cover_every_id(count: int, ranges: int) -> None:
    ids = [f"cafe{number:05}" for number in range(count)]
    apart = {range_ for each in ids for range_ in touched_ranges(ids, [each])}
    assert len(apart) == ranges
    assert touched_ranges(ids, ids) == (CafeRange(),)
    for stranger in ("", "a", "cafe00003b", "zz"):
        assert sum(each.holds(stranger) for each in apart) == 1
