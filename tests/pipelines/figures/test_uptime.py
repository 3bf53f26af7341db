"""A census of the day by probes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.business_days import day_bounds
from pilot.cafes import parse_cafes
from pipelines.figures.uptime import outages, uptime
from tests.events import probes, raw_events

CAFES = parse_cafes((Path(__file__).parents[3] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
DAY = date(2026, 11, 24)
START, END = day_bounds(DAY)


def of_aurora(*stories: object, as_of: datetime = END, day: date = DAY) -> dict:
    frame = uptime(raw_events(*stories), day=day, as_of=as_of, cafes=CAFES)
    return frame.filter((pl.col("cafe") == "aurora") & (pl.col("target") == "customer_page")).row(0, named=True)


def seconds(row: dict) -> tuple[float, float, float]:
    return row["up_s"], row["down_s"], row["unknown_s"]


def test_an_unprobed_day_is_unknown_for_every_cafe() -> None:
    frame = uptime(raw_events(), day=DAY, as_of=END, cafes=CAFES)
    assert frame["cafe"].to_list() == sorted(CAFES.ids)
    assert frame["unknown_s"].to_list() == [86_400.0] * 3
    assert frame["probes"].to_list() == [0] * 3


def test_each_probe_stands_for_its_own_resolution() -> None:
    row = of_aurora(probes(start=START, outcomes=[True, False, True]), as_of=START + timedelta(seconds=120))
    assert seconds(row) == (60.0, 30.0, 30.0)


def test_a_probe_stands_only_until_the_next_one() -> None:
    early = probes(start=START + timedelta(seconds=10), outcomes=[False])
    row = of_aurora(probes(start=START, outcomes=[True]), early, as_of=START + timedelta(seconds=60))
    assert seconds(row) == (10.0, 30.0, 20.0)


def test_a_gap_between_probes_is_unknown() -> None:
    later = probes(start=START + timedelta(minutes=10), outcomes=[True])
    row = of_aurora(probes(start=START, outcomes=[True]), later, as_of=START + timedelta(minutes=11))
    assert seconds(row) == (60.0, 0.0, 600.0)


def test_a_probe_is_cut_at_the_end_of_the_day_and_at_the_moment_of_judging() -> None:
    last = probes(start=END - timedelta(seconds=10), outcomes=[True])
    assert of_aurora(last, as_of=END + timedelta(hours=3))["up_s"] == 10.0
    assert of_aurora(last, as_of=END - timedelta(seconds=4))["up_s"] == 6.0


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (DAY, 24)])
def test_a_day_of_a_clock_change_has_its_own_length(day: date, hours: int) -> None:
    start, end = day_bounds(day)
    count = hours * 60
    row = of_aurora(probes(start=start, outcomes=[True] * count, every_seconds=60), as_of=end, day=day)
    assert seconds(row) == (hours * 3600.0, 0.0, 0.0)


def test_targets_and_simulated_probes_are_counted_apart() -> None:
    stories = [
        probes(start=START, outcomes=[False]),
        probes(start=START, outcomes=[True], target="receipt"),
        probes(start=START, outcomes=[True], simulated=True),
    ]
    frame = uptime(raw_events(*stories), day=DAY, as_of=END, cafes=CAFES).filter(pl.col("cafe") == "aurora")
    assert frame.select("target", "simulated", "up_s", "down_s").rows() == [
        ("customer_page", False, 0.0, 30.0),
        ("receipt", False, 30.0, 0.0),
        ("customer_page", True, 30.0, 0.0),
    ]


def test_judged_before_the_day_begins_nothing_is_known_or_unknown() -> None:
    assert seconds(of_aurora(as_of=START - timedelta(hours=1))) == (0.0, 0.0, 0.0)


@given(
    offsets=st.lists(st.tuples(st.integers(0, 90_000), st.booleans(), st.integers(1, 600)), max_size=20),
    judged=st.integers(0, 100_000),
)
def test_up_down_and_unknown_always_add_up_to_the_day_so_far(offsets: list[tuple[int, bool, int]], judged: int) -> None:
    stories = [
        probes(start=START + timedelta(seconds=offset), outcomes=[ok], every_seconds=every)
        for offset, ok, every in offsets
    ]
    frame = raw_events(*stories)
    as_of = START + timedelta(seconds=judged)
    row = uptime(frame, day=DAY, as_of=as_of, cafes=CAFES).filter(pl.col("cafe") == "aurora").row(0, named=True)
    assert sum(seconds(row)) == pytest.approx(min(judged, 86_400))
    assert min(seconds(row)) >= 0
    doubled = pl.concat([frame, frame.reverse()])
    assert uptime(doubled, day=DAY, as_of=as_of, cafes=CAFES).equals(uptime(frame, day=DAY, as_of=as_of, cafes=CAFES))
    assert row["as_of"].astimezone(UTC) == as_of


@given(
    own=st.lists(st.booleans(), max_size=20),
    elsewhere=st.lists(st.booleans(), max_size=12),
    silent=st.integers(0, 20),
)
def test_outages_are_the_windows_of_the_time_down(own: list[bool], elsewhere: list[bool], silent: int) -> None:
    stories = [
        probes(start=START, outcomes=own),
        [each.model_copy(update={"edge": "probe1"}) for each in probes(start=START, outcomes=elsewhere)],
        probes(start=START + timedelta(minutes=5), outcomes=[False] * silent, target="edge_heartbeat"),
        probes(start=START, outcomes=[False] * 3, target="receipt"),
    ]
    windows = outages(raw_events(*stories), day=DAY, as_of=END).get(("aurora", False), [])
    assert sum((end - start).total_seconds() for start, end in windows) == of_aurora(*stories)["down_s"]
    assert all(start < end for start, end in windows)
    assert all(before[1] < after[0] for before, after in pairwise(windows))
