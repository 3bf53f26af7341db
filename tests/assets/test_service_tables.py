"""Probes have a landing, a table and a rhythm of their own; every figure stays the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import dagster as dg
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.automation.sensor import OF_GUESTS
from assets.framework.resources import HomeResource
from pilot.events import Event
from pilot.identifiers import new_identifier
from pilot.lake_tables.tables import PILOT_KPIS, PROBES, RAW_EVENTS, TABLES, UPTIME
from storage.home import Home
from storage.landing.merging import merge_day
from storage.landing.segments import publish
from storage.store.privacy import day_states
from tests.assets.conftest import land_stories, run_days
from tests.assets.stories import DAY, NOON, a_day
from tests.events import MORNING, probes, whole_visit

FIGURES = ("uptime", "volume_anomalies", "pilot_kpis")
MOMENTS = ["segment", "reported_at", "decided_at"]


def a_morning_of_probes() -> list[Event]:
    """Return probes of an hour with an outage, some of them by a second host, and an edge's silence."""
    half_hour = [True] * 25 + [False] * 5 + [True] * 30
    local = probes("aurora", start=MORNING, outcomes=half_hour)
    elsewhere = probes("aurora", start=MORNING + timedelta(seconds=7), outcomes=half_hour[:40])
    silent = probes("goteborg", start=MORNING, outcomes=[False], every_seconds=600, target="edge_heartbeat")
    return [
        *local,
        *probes("goteborg", start=MORNING + timedelta(minutes=10), outcomes=[True] * 9),
        *(event.model_copy(update={"edge": "probe"}) for event in elsewhere),
        *(event.model_copy(update={"edge": "edge1"}) for event in silent),
    ]


def rows(home: Home, names: Iterable[str]) -> dict[str, pl.DataFrame]:
    frames = {name: home.lake().read(TABLES[name], days=[DAY]) for name in names}
    return {name: frame.drop(MOMENTS, strict=False) for name, frame in frames.items()}


def assert_same(found: dict[str, pl.DataFrame], expected: dict[str, pl.DataFrame]) -> None:
    assert found.keys() == expected.keys()
    for name, frame in found.items():
        assert_frame_equal(frame, expected[name])


@pytest.fixture
def run(home_resource: HomeResource, instance: dg.DagsterInstance) -> Any:
    def run(**options: Any) -> None:
        assert run_days(home_resource, instance, DAY, tags=NOON, **options).success

    return run


def land_probes(home: Home, events: list[Event], *, replica: str = "watch") -> None:
    publish(home.probe_segments(), events, replica=replica, identifier=new_identifier())


def test_probes_beside_guests_events_give_the_figures_of_probes_among_them(
    home: Home, run: Any, tmp_path: Any, instance: dg.DagsterInstance
) -> None:
    before = HomeResource(home=str(tmp_path / "before"))
    stories, probed = a_day(), a_morning_of_probes()
    land_stories(before.open(), *stories, probed)
    assert run_days(before, instance, DAY, tags=NOON).success
    land_stories(home, *stories)
    land_probes(home, probed)
    run()
    assert home.lake().read(RAW_EVENTS).filter(event="probe").is_empty()
    assert home.lake().read(UPTIME).filter(pl.col("down_s") > 0).height
    names = (*FIGURES, PROBES.name, "sessions", "turns", "scored_feedback")
    assert_same(rows(home, names), rows(before.open(), names))


def test_a_run_of_guests_tables_gives_the_rows_of_a_whole_rebuild(home: Home, run: Any) -> None:
    land_stories(home, *a_day())
    land_probes(home, a_morning_of_probes())
    run()
    built = [name for name in TABLES if home.lake().version(TABLES[name]) is not None]
    service = rows(home, [PROBES.name, UPTIME.name])
    land_stories(home, whole_visit("malmohuset", at=MORNING + timedelta(minutes=50)), replica="edge2")
    land_probes(home, probes("malmohuset", start=MORNING, outcomes=[True, False]))
    run(only=[key.to_user_string() for key in OF_GUESTS])
    assert_same(rows(home, [PROBES.name, UPTIME.name]), service)
    of_guests = [name for name in built if name not in (PROBES.name, *FIGURES)]
    after_guest = rows(home, of_guests)
    run()
    assert_same(after_guest, rows(home, of_guests))
    assert home.lake().read(UPTIME).filter(cafe="malmohuset", probes=2).height == 1


def test_a_merged_day_is_rebuilt_to_the_same_rows(home: Home, run: Any) -> None:
    for event in a_morning_of_probes():
        land_probes(home, [event], replica=event.edge)
    for story in a_day():
        land_stories(home, story)
    run()
    built = [name for name in TABLES if home.lake().version(TABLES[name]) is not None]
    before = rows(home, built)
    for segments in (home.segments(), home.probe_segments()):
        assert merge_day(segments, DAY).merged > 1
    run()
    assert_same(rows(home, built), before)


def test_a_day_whose_probes_are_raw_events_only_keeps_its_uptime(home: Home, run: Any) -> None:
    """Select the table alone: `probes` was not built since the version that introduced it."""
    land_stories(home, a_morning_of_probes(), replica="watch")
    run(only=[RAW_EVENTS.name, UPTIME.name, PILOT_KPIS.name])
    assert home.lake().read(PROBES).is_empty()
    before = rows(home, [UPTIME.name])
    assert before[UPTIME.name].filter(pl.col("down_s") > 0).height
    run()
    assert_same(rows(home, [UPTIME.name]), before)


def test_a_closed_day_keeps_its_probes(home: Home, run: Any) -> None:
    land_probes(home, a_morning_of_probes())
    run()
    before = rows(home, [PROBES.name, UPTIME.name])
    day_states.put(home.store(), DAY, "closed", actor="test", reason="reported")
    land_probes(home, probes("aurora", start=MORNING + timedelta(hours=2), outcomes=[False] * 9))
    run()
    assert_same(rows(home, [PROBES.name, UPTIME.name]), before)
