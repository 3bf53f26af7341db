"""Who was believed when: two probers, an edge that lay silent, and maintenance that was planned."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pilot.business_days import day_bounds
from pilot.cafes import parse_cafes
from pipelines.coverage import (
    Stretch,
    clip_windows,
    fill_gaps,
    intersect_windows,
    merge_windows,
    seconds_within,
    sum_seconds,
)
from pipelines.figures.uptime import SILENT_TARGET, uptime
from tests.events import probes, raw_events

CAFES = parse_cafes((Path(__file__).parents[2] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
DAY = date(2026, 11, 24)
START, END = day_bounds(DAY)
ZERO = datetime(2026, 11, 24, tzinfo=UTC)


def second(number: int) -> datetime:
    return ZERO + timedelta(seconds=number)


@st.composite
def layers(draw: st.DrawFn) -> list[list[Stretch]]:
    """Draw up to three layers of stretches without overlaps within a layer."""
    made = []
    for _ in range(draw(st.integers(1, 3))):
        edges = sorted(draw(st.sets(st.integers(0, 60), min_size=0, max_size=12)))
        pairs = list(zip(edges[::2], edges[1::2], strict=False))
        made.append([Stretch(second(a), second(b), draw(st.booleans())) for a, b in pairs])
    return made


@given(layers())
def test_every_second_comes_from_the_first_layer_that_covers_it(found_rows: list[list[Stretch]]) -> None:
    laid: list[Stretch] = []
    for layer in found_rows:
        laid = fill_gaps(laid, layer)
    for number in range(61):
        expected = next(
            (each.ok for layer in found_rows for each in layer if each.start <= second(number) < each.end), None
        )
        found = [each.ok for each in laid if each.start <= second(number) < each.end]
        assert found == ([] if expected is None else [expected])
    assert sum_seconds(laid, ok=True) + sum_seconds(laid, ok=False) == sum(
        (e.end - e.start).total_seconds() for e in laid
    )


def test_what_is_planned_is_clipped_to_the_day_and_shared_with_what_was_down() -> None:
    windows = clip_windows([(second(-50), second(10)), (second(20), second(30))], start=second(0), end=second(25))
    assert windows == [(second(0), second(10)), (second(20), second(25))]
    stretches = [Stretch(second(5), second(22), False), Stretch(second(22), second(40), True)]
    assert seconds_within(stretches, windows, ok=False) == 7.0
    assert seconds_within(stretches, windows, ok=True) == 3.0


def from_outside(outcomes: list[bool], *, start: datetime) -> list[Any]:
    return [event.model_copy(update={"edge": "probe"}) for event in probes(start=start, outcomes=outcomes)]


def silence(seconds: int, *, start: datetime, cafe: str = "aurora") -> list[Any]:
    found_rows = probes(cafe, start=start, outcomes=[False], every_seconds=seconds, target=SILENT_TARGET)
    return [event.model_copy(update={"edge": "edge1"}) for event in found_rows]


def of(*stories: Any, target: str = "customer_page", planned: Any = (), minutes: int = 10) -> tuple[float, ...]:
    as_of = START + timedelta(minutes=minutes)
    frame = uptime(raw_events(*stories), day=DAY, as_of=as_of, cafes=CAFES, planned=planned)
    row = frame.filter((pl.col("cafe") == "aurora") & (pl.col("target") == target)).row(0, named=True)
    return row["up_s"], row["down_s"], row["unknown_s"], row["planned_down_s"]


def test_a_prober_in_another_place_takes_precedence() -> None:
    local = probes(start=START, outcomes=[True] * 20)
    assert of(local) == (600.0, 0.0, 0.0, 0.0)
    assert of(local, from_outside([False] * 10, start=START)) == (300.0, 300.0, 0.0, 0.0)
    gone = probes(start=START, outcomes=[False] * 20)
    assert of(gone, from_outside([True] * 20, start=START)) == (600.0, 0.0, 0.0, 0.0)


def test_a_gap_in_probing_is_down_where_the_edge_lay_silent_and_unknown_elsewhere() -> None:
    before = probes(start=START, outcomes=[True] * 4)
    after = probes(start=START + timedelta(minutes=8), outcomes=[True] * 4)
    assert of(before, after) == (240.0, 0.0, 360.0, 0.0)
    silent = silence(240, start=START + timedelta(minutes=3))
    assert of(before, after, silent) == (240.0, 240.0, 120.0, 0.0)


def test_a_probe_that_saw_the_page_is_believed_over_a_silent_replica() -> None:
    seen = probes(start=START, outcomes=[True] * 20)
    assert of(seen, silence(120, start=START + timedelta(minutes=2))) == (600.0, 0.0, 0.0, 0.0)


def test_silence_of_the_edge_says_nothing_about_the_dashboards() -> None:
    found_rows = probes(start=START, outcomes=[True], target="dashboards")
    assert of(found_rows, silence(240, start=START), target="dashboards") == (30.0, 0.0, 570.0, 0.0)


def test_time_down_in_a_planned_window_counts_as_down_and_as_planned() -> None:
    found_rows = probes(start=START, outcomes=[True] * 4 + [False] * 8 + [True] * 8)
    window = [(START + timedelta(minutes=3), START + timedelta(minutes=5))]
    assert of(found_rows, planned=window) == (360.0, 240.0, 0.0, 120.0)
    frame = uptime(raw_events(found_rows), day=DAY, as_of=END, cafes=CAFES, planned=window)
    assert set(frame["planned_s"]) == {120.0}


some_windows = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 12)).map(lambda each: (second(each[0]), second(each[0] + each[1]))),
    max_size=6,
)


def covered_seconds(windows: list[tuple[datetime, datetime]]) -> set[int]:
    return {
        each for each in range(80) if any(start <= second(each) and second(each + 1) <= end for start, end in windows)
    }


@given(windows=some_windows, others=some_windows)
def test_merged_windows_are_apart_and_cover_the_same_and_common_ones_what_both_do(
    windows: list[tuple[datetime, datetime]], others: list[tuple[datetime, datetime]]
) -> None:
    one, other = merge_windows(windows), merge_windows(others)
    assert covered_seconds(one) == covered_seconds(windows)
    assert all(before[1] < after[0] for before, after in pairwise(one))
    assert all(start < end for start, end in one)
    assert covered_seconds(intersect_windows(one, other)) == covered_seconds(windows) & covered_seconds(others)
