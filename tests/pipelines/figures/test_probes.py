"""A result that cafés share is one event, and one row of `probes` for each of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pilot.events import Event, Probe, make_event
from pilot.identifiers import new_identifier
from pipelines.figures.probes import probe_parts
from tests.events import probes, raw_events

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
CAFES = ("aurora", "goteborg", "malmohuset")


def result(cafes: list[str], durations: list[float], *, ok: bool = True, after: int = 0, longest: float = 9.0) -> Event:
    at = AT + timedelta(seconds=after)
    return make_event(
        Probe(
            target="customer_page",
            ok=ok,
            status=200 if ok else None,
            duration_ms=longest,
            every_seconds=30,
            failure="" if ok else "timed_out",
            cafes=cafes,
            durations_ms=durations,
        ),
        event_id=new_identifier(at=at),
        at=at,
        session_id=new_identifier(at=at),
        cafe=cafes[0],
        edge="watch",
        epoch=1,
        seq=0,
        simulated=False,
    )


def rows(*events: Event, part_rows: int = 1_000_000) -> pl.DataFrame:
    parts = list(probe_parts(raw_events(events), part_rows=part_rows))
    return pl.concat(parts).sort("cafe", "at", "event_id")


def test_a_shared_result_has_a_row_for_each_of_its_cafes_with_its_duration() -> None:
    found = rows(result(["aurora", "goteborg"], [4.0, 7.5]), result(["goteborg", "aurora"], [], ok=False, after=30))
    assert found.select("cafe", "ok", "duration_ms", "failure").rows() == [
        ("aurora", True, 4.0, ""),
        ("aurora", False, 9.0, "timed_out"),
        ("goteborg", True, 7.5, ""),
        ("goteborg", False, 9.0, "timed_out"),
    ]


def test_an_event_of_an_earlier_version_is_of_its_own_cafe() -> None:
    found = rows(*probes("aurora", start=AT, outcomes=[True, False]))
    assert found.select("cafe", "ok", "status", "every_seconds").rows() == [
        ("aurora", True, 200, 30),
        ("aurora", False, 503, 30),
    ]


def test_durations_that_do_not_match_the_cafes_are_replaced_by_the_longest() -> None:
    assert rows(result(["aurora", "goteborg"], [1.0]))["duration_ms"].to_list() == [9.0, 9.0]


def test_a_doubled_event_and_a_cafe_named_twice_count_once() -> None:
    doubled = result(["aurora", "aurora"], [3.0, 4.0])
    assert rows(doubled, doubled)["duration_ms"].to_list() == [3.0]


def test_a_day_without_probes_has_no_part() -> None:
    assert list(probe_parts(raw_events([]))) == []


@settings(max_examples=30, deadline=None)
@given(
    results=st.lists(
        st.tuples(st.lists(st.sampled_from(CAFES), min_size=1, unique=True), st.booleans()), min_size=1, max_size=12
    ),
    part_rows=st.integers(1, 20),
)
def test_shared_events_give_the_rows_of_single_ones_in_any_parts(
    results: list[tuple[list[str], bool]], part_rows: int
) -> None:
    shared = [result(cafes, [], ok=ok, after=30 * place) for place, (cafes, ok) in enumerate(results)]
    single = [
        result([cafe], [], ok=ok, after=30 * place) for place, (cafes, ok) in enumerate(results) for cafe in cafes
    ]
    columns = ["cafe", "at", "target", "ok", "status", "duration_ms", "every_seconds", "failure"]
    expected = rows(*single).select(columns).sort(columns)
    assert_frame_equal(rows(*shared, part_rows=part_rows).select(columns).sort(columns), expected)
    parts = list(probe_parts(raw_events(shared), part_rows=part_rows))
    cafes = [part["cafe"].unique().to_list() for part in parts]
    assert sorted(cafe for each in cafes for cafe in each) == sorted({cafe for of, _ in results for cafe in of})
