"""What the sensor decides, as a story of looks; times are given, nothing waits."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.automation.sensor import (
    DAYS_AT_ONCE,
    LONGEST_RETRY_SECONDS,
    QUIET_REBUILD_SECONDS,
    RETRIES_AT_ONCE,
    RUN_APPEARS_WITHIN_SECONDS,
    Observation,
    ObservedRun,
    plan,
    retry_seconds,
    settle,
)
from assets.automation.sensor_cursor import Cursor, Failed, RequestedRuns, SeenDay

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
YESTERDAY = date(2026, 11, 22)
EARLIER = date(2026, 11, 12)


def seen(spoken: str, *, probes: str = "") -> SeenDay:
    return SeenDay(everything=f"{spoken}+{probes}", spoken=spoken)


def look(
    landing: dict[date, SeenDay], *, outbox: int = 0, days: tuple[date, ...] = (), later: float = 0
) -> Observation:
    return Observation(now=NOW + timedelta(seconds=later), landing=landing, outbox=outbox, outbox_days=frozenset(days))


def runs_of(
    cursor: Cursor,
    *,
    took: float = 4.0,
    failing: Collection[date] = (),
    finished: bool = True,
    at: float = 0,
) -> dict[str, ObservedRun]:
    """Return the runs asked for as they ended; one that covers a failing day fails as a whole."""
    assert cursor.asked is not None
    start = NOW.timestamp() + at
    return {
        key: ObservedRun(
            finished=finished,
            succeeded=not any(first <= day <= last for day in failing),
            started=start,
            ended=start + took,
        )
        for key, (first, last) in cursor.asked.runs.items()
    }


def ended(cursor: Cursor, *, took: float = 4.0, failing: Collection[date] = (), at: float = 0) -> Cursor:
    """Return the cursor once the runs asked for have ended."""
    settled = settle(cursor, runs=runs_of(cursor, took=took, failing=failing, at=at), now=NOW.timestamp() + at + took)
    assert settled is not None
    return settled


def days_asked(requests: list[dg.RunRequest]) -> list[tuple[str, str]]:
    return [
        (tags["dagster/asset_partition_range_start"], tags["dagster/asset_partition_range_end"])
        for tags in (request.tags for request in requests)
    ]


def asked(cursor: Cursor, at: Observation) -> tuple[Cursor, list[dg.RunRequest]]:
    planned = plan(cursor, observation=at)
    assert not isinstance(planned, str), planned
    return planned


def test_a_first_look_asks_for_every_day_that_has_landed_the_newest_first() -> None:
    _, requests = asked(Cursor(), look({TODAY: seen("a"), EARLIER: seen("b")}))
    assert days_asked(requests) == [("2026-11-23", "2026-11-23"), ("2026-11-12", "2026-11-12")]


def test_a_new_segment_asks_for_its_day_only() -> None:
    cursor = Cursor(built={TODAY: seen("a"), EARLIER: seen("b")})
    _, requests = asked(cursor, look({TODAY: seen("a2"), EARLIER: seen("b")}))
    assert days_asked(requests) == [("2026-11-23", "2026-11-23")]


def test_a_late_event_asks_for_its_old_day_only() -> None:
    cursor = Cursor(built={TODAY: seen("a"), EARLIER: seen("b")})
    _, requests = asked(cursor, look({TODAY: seen("a"), EARLIER: seen("b2")}))
    assert days_asked(requests) == [("2026-11-12", "2026-11-12")]


def test_days_that_touch_are_one_run() -> None:
    yesterday = TODAY - timedelta(days=1)
    _, requests = asked(Cursor(), look({TODAY: seen("a"), yesterday: seen("b")}))
    assert days_asked(requests) == [("2026-11-22", "2026-11-23")]


def test_a_customer_count_asks_for_the_day_that_it_names() -> None:
    cursor = Cursor(built={TODAY: seen("a")}, outbox=7)
    remembered, requests = asked(cursor, look({TODAY: seen("a")}, outbox=8, days=(EARLIER,)))
    assert days_asked(requests) == [("2026-11-12", "2026-11-12")]
    assert remembered.outbox == 7
    assert ended(remembered).outbox == 8


def test_a_day_to_come_is_not_asked_for() -> None:
    cursor = Cursor(outbox=7)
    remembered, requests = asked(cursor, look({}, outbox=8, days=(TODAY + timedelta(days=3),)))
    assert requests == []
    assert remembered.outbox == 8


def test_nothing_new_asks_for_nothing() -> None:
    assert plan(Cursor(built={TODAY: seen("a")}), observation=look({TODAY: seen("a")})) == "nothing new"


def test_nothing_is_asked_for_while_a_run_is_under_way() -> None:
    cursor, _ = asked(Cursor(), look({TODAY: seen("a")}))
    assert settle(cursor, runs=runs_of(cursor, finished=False), now=NOW.timestamp() + 600) is None


def test_the_next_runs_wait_three_times_as_long_as_the_last_ones_took() -> None:
    cursor, _ = asked(Cursor(), look({TODAY: seen("a")}))
    settled = ended(cursor, took=10)
    assert isinstance(plan(settled, observation=look({TODAY: seen("b")}, later=39)), str)
    _, requests = asked(settled, look({TODAY: seen("b")}, later=41))
    assert days_asked(requests) == [("2026-11-23", "2026-11-23")]


def test_probes_alone_rebuild_a_day_only_every_few_minutes() -> None:
    cursor = Cursor(built={TODAY: seen("a")}, ended=NOW.timestamp())
    probed = {TODAY: seen("a", probes="1")}
    assert plan(cursor, observation=look(probed, later=QUIET_REBUILD_SECONDS - 1)) == "nothing new"
    _, requests = asked(cursor, look(probed, later=QUIET_REBUILD_SECONDS + 1))
    assert days_asked(requests) == [("2026-11-23", "2026-11-23")]


def test_a_failed_run_leaves_its_days_unbuilt_and_they_are_asked_for_again_with_another_key() -> None:
    landing = {TODAY: seen("a")}
    cursor, first = asked(Cursor(), look(landing))
    failed = ended(cursor, failing=[TODAY])
    assert failed.built == {}
    assert isinstance(plan(failed, observation=look(landing, later=30)), str)
    _, second = asked(failed, look(landing, later=70))
    assert days_asked(second) == days_asked(first)
    assert second[0].run_key != first[0].run_key


def test_a_run_that_never_appeared_is_asked_for_again() -> None:
    cursor, _ = asked(Cursor(), look({TODAY: seen("a")}))
    soon, late = (NOW.timestamp() + RUN_APPEARS_WITHIN_SECONDS + shift for shift in (-1, 1))
    assert settle(cursor, runs={}, now=soon) is None
    given_up = settle(cursor, runs={}, now=late)
    assert given_up == Cursor(failed={TODAY: Failed(times=1, at=late)}, ended=late)


@pytest.mark.parametrize(("times", "seconds"), [(1, 60), (2, 120), (3, 240), (20, LONGEST_RETRY_SECONDS)])
def test_a_day_that_keeps_failing_is_asked_for_less_and_less_often(times: int, seconds: int) -> None:
    cursor = Cursor(failed={EARLIER: Failed(times=times, at=0)})
    assert retry_seconds(cursor, EARLIER, now=NOW) == seconds


def test_the_days_that_succeeded_beside_one_that_failed_are_built() -> None:
    cursor, _ = asked(Cursor(), look({TODAY: seen("a"), EARLIER: seen("b")}, outbox=3))
    settled = ended(cursor, failing=[EARLIER])
    assert settled.built == {TODAY: seen("a")}
    assert list(settled.failed) == [EARLIER]
    assert settled.outbox == 3


def test_a_day_that_keeps_failing_holds_no_other_day_back() -> None:
    cursor, later = Cursor(), 0.0
    for visit in range(20):
        landing = {TODAY: seen(f"a{visit}"), YESTERDAY: seen("b")}
        cursor, _ = asked(cursor, look(landing, later=later))
        cursor = ended(cursor, failing=[YESTERDAY], at=later)
        later += 70
        if visit:
            assert cursor.built == {TODAY: seen(f"a{visit}")}
    assert cursor.failed[YESTERDAY].times > 3


def test_days_of_a_run_that_failed_are_asked_for_one_run_each_today_first() -> None:
    days = [TODAY, YESTERDAY, date(2026, 11, 21)]
    landing = {day: seen("a") for day in days}
    cursor, requests = asked(Cursor(), look(landing))
    assert len(requests) == 1
    failed = ended(cursor, failing=[YESTERDAY])
    retried, requests = asked(failed, look({**landing, EARLIER: seen("late")}, later=70))
    assert days_asked(requests) == [(str(day), str(day)) for day in (*days, EARLIER)]
    assert list(ended(retried, failing=[YESTERDAY], at=70).failed) == [YESTERDAY]


def test_a_day_of_the_outbox_that_failed_is_asked_for_again_and_the_others_are_not() -> None:
    cursor, _ = asked(Cursor(), look({}, outbox=8, days=(EARLIER, TODAY)))
    failed = ended(cursor, failing=[EARLIER])
    assert failed.outbox == 8
    _, requests = asked(failed, look({}, outbox=8, later=70))
    assert days_asked(requests) == [("2026-11-12", "2026-11-12")]


def test_where_every_day_fails_today_is_tried_as_ever_and_the_many_others_seldom() -> None:
    many = [TODAY - timedelta(days=back) for back in range(20 * RETRIES_AT_ONCE)]
    cursor = Cursor(failed={day: Failed(times=9, at=0) for day in many})
    assert retry_seconds(cursor, TODAY, now=NOW) == LONGEST_RETRY_SECONDS
    assert retry_seconds(cursor, YESTERDAY, now=NOW) == 20 * LONGEST_RETRY_SECONDS
    _, requests = asked(cursor, look({}))
    assert days_asked(requests) == [(str(day), str(day)) for day in many[:RETRIES_AT_ONCE]]


def test_a_run_that_failed_late_does_not_make_the_others_rest() -> None:
    cursor, _ = asked(Cursor(), look({YESTERDAY: seen("a")}))
    settled = ended(cursor, took=900, failing=[YESTERDAY])
    _, requests = asked(settled, look({TODAY: seen("b"), YESTERDAY: seen("a")}, later=901))
    assert days_asked(requests) == [("2026-11-23", "2026-11-23")]


def test_one_look_asks_for_no_more_days_than_a_run_should_take_and_the_rest_comes_next() -> None:
    many = {TODAY - timedelta(days=back): seen("a") for back in range(DAYS_AT_ONCE + 5)}
    cursor, requests = asked(Cursor(), look(many))
    assert days_asked(requests) == [("2026-10-15", "2026-11-23")]
    _, rest = asked(ended(cursor), look(many, later=60))
    assert days_asked(rest) == [("2026-10-10", "2026-10-14")]


def test_the_same_look_has_the_same_key_and_another_look_another() -> None:
    keys = [asked(Cursor(), look({TODAY: seen(text)}))[1][0].run_key for text in ("a", "a", "b")]
    assert keys[0] == keys[1] != keys[2]


SEENS = st.builds(SeenDay, everything=st.text(max_size=8), spoken=st.text(max_size=8))
LANDINGS = st.dictionaries(st.dates(date(2026, 1, 1), TODAY), SEENS, max_size=5)


@given(
    st.builds(
        Cursor,
        built=LANDINGS,
        outbox=st.integers(0),
        asked=st.none()
        | st.builds(
            RequestedRuns,
            at=st.floats(0, 4e9),
            runs=st.dictionaries(st.text(max_size=5), st.tuples(st.dates(), st.dates()), max_size=3),
            landing=LANDINGS,
            outbox=st.integers(0),
        ),
        ended=st.floats(0, 4e9),
        took=st.floats(0, 1e6),
        failed=st.dictionaries(st.dates(), st.builds(Failed, times=st.integers(1), at=st.floats(0, 4e9)), max_size=3),
    )
)
def test_a_cursor_survives_being_written_down(cursor: Cursor) -> None:
    assert Cursor.parse(cursor.model_dump_json()) == cursor


@pytest.mark.parametrize("text", [None, "", "17", '{"built": 3}'])
def test_a_cursor_that_cannot_be_read_means_that_nothing_is_built_yet(text: str | None) -> None:
    assert Cursor.parse(text) == Cursor()


@given(st.lists(LANDINGS, min_size=1, max_size=4), st.lists(st.sets(st.integers(0, 30)), min_size=8, max_size=8))
def test_whatever_fails_in_between_every_landed_day_is_built_in_the_end(
    landings: list[dict[date, SeenDay]], failing: list[set[int]]
) -> None:
    cursor, later, landing = Cursor(), 0.0, {}
    for change in landings:
        landing = {**landing, **change}
        for remainders in [*failing, *[set[int]()] * 6]:
            later += 5 * LONGEST_RETRY_SECONDS
            planned = plan(cursor, observation=look(landing, later=later))
            if isinstance(planned, str):
                continue
            bad = [day for day in landing if day.toordinal() % 31 in remainders]
            cursor = ended(planned[0], failing=bad, at=later)
    assert {day: cursor.built.get(day) for day in landing} == landing
    assert cursor.failed == {}


def test_after_a_restore_the_outbox_names_every_day_and_still_the_newest_come_first_forty_at_a_time() -> None:
    days = tuple(TODAY - timedelta(days=back) for back in range(300))
    found = look({day: seen("a") for day in days}, outbox=5000, days=days)
    planned = plan(Cursor(), observation=found)
    assert not isinstance(planned, str)
    cursor, _ = planned
    assert cursor.asked is not None
    assert list(cursor.asked.runs.values()) == [(days[DAYS_AT_ONCE - 1], TODAY)]


def test_a_day_that_never_landed_is_built_when_the_outbox_names_it() -> None:
    planned = plan(Cursor(), observation=look({TODAY: seen("a")}, outbox=3, days=(EARLIER,)))
    assert not isinstance(planned, str)
    assert planned[0].asked is not None
    assert set(planned[0].asked.runs.values()) == {(TODAY, TODAY), (EARLIER, EARLIER)}
