"""What the sensor decides, as a story of looks; times are given, nothing waits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.sensor import (
    DAYS_AT_ONCE,
    LONGEST_RETRY_SECONDS,
    QUIET_REBUILD_SECONDS,
    RUN_APPEARS_WITHIN_SECONDS,
    Look,
    RunSeen,
    plan,
    resting_seconds,
    settle,
)
from assets.sensor_cursor import Asked, Cursor, Seen

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
EARLIER = date(2026, 11, 12)


def seen(spoken: str, *, probes: str = "") -> Seen:
    return Seen(everything=f"{spoken}+{probes}", spoken=spoken)


def look(landing: dict[date, Seen], *, outbox: int = 0, days: tuple[date, ...] = (), later: float = 0) -> Look:
    return Look(now=NOW + timedelta(seconds=later), landing=landing, outbox=outbox, outbox_days=frozenset(days))


def run(*, took: float = 4.0, succeeded: bool = True, finished: bool = True) -> RunSeen:
    start = NOW.timestamp()
    return RunSeen(finished=finished, succeeded=succeeded, started=start, ended=start + took)


def days_asked(requests: list[dg.RunRequest]) -> list[tuple[str, str]]:
    return [
        (tags["dagster/asset_partition_range_start"], tags["dagster/asset_partition_range_end"])
        for tags in (request.tags for request in requests)
    ]


def asked(cursor: Cursor, at: Look) -> tuple[Cursor, list[dg.RunRequest]]:
    planned = plan(cursor, look=at)
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
    settled = settle(remembered, runs=[run()], now=NOW.timestamp() + 5)
    assert settled is not None
    assert settled.outbox == 8


def test_a_day_to_come_is_not_asked_for() -> None:
    cursor = Cursor(outbox=7)
    remembered, requests = asked(cursor, look({}, outbox=8, days=(TODAY + timedelta(days=3),)))
    assert requests == []
    assert remembered.outbox == 8


def test_nothing_new_asks_for_nothing() -> None:
    assert plan(Cursor(built={TODAY: seen("a")}), look=look({TODAY: seen("a")})) == "nothing new"


def test_nothing_is_asked_for_while_a_run_is_under_way() -> None:
    cursor, _ = asked(Cursor(), look({TODAY: seen("a")}))
    assert settle(cursor, runs=[run(finished=False)], now=NOW.timestamp() + 600) is None


def test_the_next_runs_wait_three_times_as_long_as_the_last_ones_took() -> None:
    cursor, _ = asked(Cursor(), look({TODAY: seen("a")}))
    settled = settle(cursor, runs=[run(took=10)], now=NOW.timestamp() + 11)
    assert settled is not None
    assert isinstance(plan(settled, look=look({TODAY: seen("b")}, later=39)), str)
    _, requests = asked(settled, look({TODAY: seen("b")}, later=41))
    assert days_asked(requests) == [("2026-11-23", "2026-11-23")]


def test_probes_alone_rebuild_a_day_only_every_few_minutes() -> None:
    cursor = Cursor(built={TODAY: seen("a")}, ended=NOW.timestamp())
    probed = {TODAY: seen("a", probes="1")}
    assert plan(cursor, look=look(probed, later=QUIET_REBUILD_SECONDS - 1)) == "nothing new"
    _, requests = asked(cursor, look(probed, later=QUIET_REBUILD_SECONDS + 1))
    assert days_asked(requests) == [("2026-11-23", "2026-11-23")]


def test_a_failed_run_leaves_its_days_unbuilt_and_they_are_asked_for_again_with_another_key() -> None:
    landing = {TODAY: seen("a")}
    cursor, first = asked(Cursor(), look(landing))
    failed = settle(cursor, runs=[run(succeeded=False)], now=NOW.timestamp() + 5)
    assert failed is not None
    assert failed.built == {}
    assert isinstance(plan(failed, look=look(landing, later=30)), str)
    _, second = asked(failed, look(landing, later=70))
    assert days_asked(second) == days_asked(first)
    assert second[0].run_key != first[0].run_key


def test_a_run_that_never_appeared_is_asked_for_again() -> None:
    cursor, _ = asked(Cursor(), look({TODAY: seen("a")}))
    soon, late = (NOW.timestamp() + RUN_APPEARS_WITHIN_SECONDS + shift for shift in (-1, 1))
    assert settle(cursor, runs=[], now=soon) is None
    given_up = settle(cursor, runs=[], now=late)
    assert given_up is not None
    assert (given_up.asked, given_up.built, given_up.failures) == (None, {}, 1)


@pytest.mark.parametrize(("failures", "seconds"), [(1, 60), (2, 120), (3, 240), (20, LONGEST_RETRY_SECONDS)])
def test_a_run_that_keeps_failing_is_asked_for_less_and_less_often(failures: int, seconds: int) -> None:
    assert resting_seconds(Cursor(failures=failures, took=1.0)) == seconds


def test_one_look_asks_for_no_more_days_than_a_run_should_take_and_the_rest_comes_next() -> None:
    many = {TODAY - timedelta(days=back): seen("a") for back in range(DAYS_AT_ONCE + 5)}
    cursor, requests = asked(Cursor(), look(many))
    assert days_asked(requests) == [("2026-10-15", "2026-11-23")]
    settled = settle(cursor, runs=[run()], now=NOW.timestamp() + 5)
    assert settled is not None
    _, rest = asked(settled, look(many, later=60))
    assert days_asked(rest) == [("2026-10-10", "2026-10-14")]


def test_the_same_look_has_the_same_key_and_another_look_another() -> None:
    keys = [asked(Cursor(), look({TODAY: seen(text)}))[1][0].run_key for text in ("a", "a", "b")]
    assert keys[0] == keys[1] != keys[2]


SEENS = st.builds(Seen, everything=st.text(max_size=8), spoken=st.text(max_size=8))
LANDINGS = st.dictionaries(st.dates(date(2026, 1, 1), TODAY), SEENS, max_size=5)


@given(
    st.builds(
        Cursor,
        built=LANDINGS,
        outbox=st.integers(0),
        asked=st.none()
        | st.builds(
            Asked,
            at=st.floats(0, 4e9),
            server=st.text(max_size=5),
            run_keys=st.lists(st.text(max_size=5)).map(tuple),
            landing=LANDINGS,
            outbox=st.integers(0),
        ),
        ended=st.floats(0, 4e9),
        took=st.floats(0, 1e6),
        failures=st.integers(0, 100),
    )
)
def test_a_cursor_survives_being_written_down(cursor: Cursor) -> None:
    assert Cursor.parse(cursor.model_dump_json()) == cursor


@pytest.mark.parametrize("text", [None, "", "17", '{"built": 3}'])
def test_a_cursor_that_cannot_be_read_means_that_nothing_is_built_yet(text: str | None) -> None:
    assert Cursor.parse(text) == Cursor()


@given(st.lists(LANDINGS, min_size=1, max_size=4), st.lists(st.booleans(), min_size=8, max_size=8))
def test_whatever_fails_in_between_every_landed_day_is_built_in_the_end(
    landings: list[dict[date, Seen]], fates: list[bool]
) -> None:
    cursor, later, landing = Cursor(), 0.0, {}
    for change in landings:
        landing = {**landing, **change}
        for fate in [*fates, True, True, True]:
            later += LONGEST_RETRY_SECONDS + 1
            planned = plan(cursor, look=look(landing, later=later))
            if isinstance(planned, str):
                continue
            remembered, requests = planned
            moment = NOW.timestamp() + later
            runs = [RunSeen(finished=True, succeeded=fate, started=moment, ended=moment + 1) for _ in requests]
            settled = settle(remembered, runs=runs, now=moment + 1)
            assert settled is not None
            cursor = settled
    assert {day: cursor.built.get(day) for day in landing} == landing
