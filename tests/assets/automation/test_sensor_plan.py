"""The decisions of the sensor, tick by tick, in virtual time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.automation.jobs import SERVICE_ASSETS, TABLE_ASSETS
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
from assets.automation.sensor_cursor import Cursor, FailedDay, RequestedRuns, SeenDay

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
YESTERDAY = date(2026, 11, 22)
EARLIER = date(2026, 11, 12)


def seen(spoken: str, *, probes: str = "") -> SeenDay:
    return SeenDay(everything=f"{spoken}+{probes}", spoken=spoken)


def observed(
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
    """Return the requested runs as ended; a run that covers a failing day fails as a whole."""
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
    """Return the cursor after the requested runs have ended."""
    settled = settle(cursor, runs=runs_of(cursor, took=took, failing=failing, at=at), now=NOW.timestamp() + at + took)
    assert settled is not None
    return settled


def names(assets: Sequence[dg.AssetsDefinition]) -> set[str]:
    return {key.to_user_string() for asset in assets for key in asset.keys}


def requested_days(requests: list[dg.RunRequest]) -> list[tuple[str, str]]:
    return [
        (tags["dagster/asset_partition_range_start"], tags["dagster/asset_partition_range_end"])
        for tags in (request.tags for request in requests)
    ]


def requested(cursor: Cursor, at: Observation) -> tuple[Cursor, list[dg.RunRequest]]:
    planned = plan(cursor, observation=at)
    assert not isinstance(planned, str), planned
    return planned


def test_the_first_tick_requests_every_landed_day_newest_first() -> None:
    _, requests = requested(Cursor(), observed({TODAY: seen("a"), EARLIER: seen("b")}))
    assert requested_days(requests) == [("2026-11-23", "2026-11-23"), ("2026-11-12", "2026-11-12")]


def test_a_new_segment_requests_only_its_day() -> None:
    cursor = Cursor(built={TODAY: seen("a"), EARLIER: seen("b")})
    _, requests = requested(cursor, observed({TODAY: seen("a2"), EARLIER: seen("b")}))
    assert requested_days(requests) == [("2026-11-23", "2026-11-23")]


def test_a_late_event_requests_only_its_old_day() -> None:
    cursor = Cursor(built={TODAY: seen("a"), EARLIER: seen("b")})
    _, requests = requested(cursor, observed({TODAY: seen("a"), EARLIER: seen("b2")}))
    assert requested_days(requests) == [("2026-11-12", "2026-11-12")]


def test_adjacent_days_are_one_run() -> None:
    yesterday = TODAY - timedelta(days=1)
    _, requests = requested(Cursor(), observed({TODAY: seen("a"), yesterday: seen("b")}))
    assert requested_days(requests) == [("2026-11-22", "2026-11-23")]


def test_a_customer_count_requests_its_day() -> None:
    cursor = Cursor(built={TODAY: seen("a")}, outbox=7)
    remembered, requests = requested(cursor, observed({TODAY: seen("a")}, outbox=8, days=(EARLIER,)))
    assert requested_days(requests) == [("2026-11-12", "2026-11-12")]
    assert remembered.outbox == 7
    assert ended(remembered).outbox == 8


def test_a_future_day_is_not_requested() -> None:
    cursor = Cursor(outbox=7)
    remembered, requests = requested(cursor, observed({}, outbox=8, days=(TODAY + timedelta(days=3),)))
    assert requests == []
    assert remembered.outbox == 8


def test_nothing_new_requests_nothing() -> None:
    assert plan(Cursor(built={TODAY: seen("a")}), observation=observed({TODAY: seen("a")})) == "nothing new"


def test_nothing_is_requested_while_a_run_is_under_way() -> None:
    cursor, _ = requested(Cursor(), observed({TODAY: seen("a")}))
    assert settle(cursor, runs=runs_of(cursor, finished=False), now=NOW.timestamp() + 600) is None


def test_the_pause_after_runs_is_three_times_their_duration() -> None:
    cursor, _ = requested(Cursor(), observed({TODAY: seen("a")}))
    settled = ended(cursor, took=10)
    assert isinstance(plan(settled, observation=observed({TODAY: seen("b")}, later=39)), str)
    _, requests = requested(settled, observed({TODAY: seen("b")}, later=41))
    assert requested_days(requests) == [("2026-11-23", "2026-11-23")]


def test_probes_alone_rebuild_a_day_only_every_few_minutes() -> None:
    cursor = Cursor(built={TODAY: seen("a")}, served=NOW.timestamp())
    probed = {TODAY: seen("a", probes="1")}
    assert plan(cursor, observation=observed(probed, later=QUIET_REBUILD_SECONDS - 1)) == "nothing new"
    _, requests = requested(cursor, observed(probed, later=QUIET_REBUILD_SECONDS + 1))
    assert requested_days(requests) == [("2026-11-23", "2026-11-23")]


def whole(requests: list[dg.RunRequest]) -> list[bool]:
    """Return of each run whether it builds every table."""
    return [request.asset_selection is None for request in requests]


def test_a_guest_rebuilds_no_table_of_the_service_before_its_time() -> None:
    cursor = ended(requested(Cursor(), observed({TODAY: seen("a")}))[0])
    spoken = {TODAY: seen("b", probes="1")}
    cursor, requests = requested(cursor, observed(spoken, later=60))
    (request,) = requests
    assert request.asset_selection is not None
    assert {key.to_user_string() for key in request.asset_selection} == names(TABLE_ASSETS) - names(SERVICE_ASSETS)
    assert {check.name for check in request.asset_check_keys or []} == {"columns_as_declared", "one_row_a_key"}
    cursor = ended(cursor, at=60)
    assert plan(cursor, observation=observed(spoken, later=120)) == "nothing new"
    _, requests = requested(cursor, observed(spoken, later=QUIET_REBUILD_SECONDS + 5))
    assert whole(requests) == [True]


def test_guests_who_keep_talking_do_not_delay_the_tables_of_the_service() -> None:
    cursor = ended(requested(Cursor(), observed({TODAY: seen("0")}))[0])
    wholes = []
    for minute in range(1, 31):
        landing = {TODAY: seen(str(minute), probes=str(minute))}
        cursor, requests = requested(cursor, observed(landing, later=60 * minute))
        cursor = ended(cursor, at=60 * minute)
        wholes += whole(requests)
        assert cursor.built[TODAY].spoken == str(minute)
    assert sum(wholes) == 2
    assert len(wholes) == 30


def test_runs_of_guests_tables_have_keys_of_their_own() -> None:
    cursor = ended(requested(Cursor(), observed({TODAY: seen("0")}))[0])
    keys = set()
    for minute in range(1, 15):
        landing = {TODAY: seen(str(minute), probes="same")}
        cursor, requests = requested(cursor, observed(landing, later=60 * minute))
        cursor = ended(cursor, at=60 * minute)
        keys |= {request.run_key for request in requests}
    assert len(keys) == 14


def test_a_day_that_is_new_is_built_whole_at_once() -> None:
    cursor = Cursor(built={TODAY: seen("a")}, served=NOW.timestamp())
    cursor, requests = requested(cursor, observed({TODAY: seen("b"), EARLIER: seen("late")}, later=60))
    assert list(zip(requested_days(requests), whole(requests), strict=True)) == [
        (("2026-11-23", "2026-11-23"), False),
        (("2026-11-12", "2026-11-12"), True),
    ]
    assert ended(cursor, at=60).served == NOW.timestamp()


def test_a_decision_on_a_built_day_rebuilds_the_tables_of_guests() -> None:
    cursor = Cursor(built={EARLIER: seen("a")}, served=NOW.timestamp())
    _, requests = requested(cursor, observed({EARLIER: seen("a")}, outbox=8, days=(EARLIER,), later=60))
    assert whole(requests) == [False]


def test_a_failed_runs_days_stay_unbuilt_and_are_requested_with_a_new_key() -> None:
    landing = {TODAY: seen("a")}
    cursor, first = requested(Cursor(), observed(landing))
    failed = ended(cursor, failing=[TODAY])
    assert failed.built == {}
    assert isinstance(plan(failed, observation=observed(landing, later=30)), str)
    _, second = requested(failed, observed(landing, later=70))
    assert requested_days(second) == requested_days(first)
    assert second[0].run_key != first[0].run_key


def test_a_run_that_never_appeared_is_requested_again() -> None:
    cursor, _ = requested(Cursor(), observed({TODAY: seen("a")}))
    soon, late = (NOW.timestamp() + RUN_APPEARS_WITHIN_SECONDS + shift for shift in (-1, 1))
    assert settle(cursor, runs={}, now=soon) is None
    given_up = settle(cursor, runs={}, now=late)
    assert given_up == Cursor(failed={TODAY: FailedDay(times=1, at=late)}, ended=late, served=late)


@pytest.mark.parametrize(("times", "seconds"), [(1, 60), (2, 120), (3, 240), (20, LONGEST_RETRY_SECONDS)])
def test_a_day_that_keeps_failing_is_retried_with_growing_pauses(times: int, seconds: int) -> None:
    cursor = Cursor(failed={EARLIER: FailedDay(times=times, at=0)})
    assert retry_seconds(cursor, EARLIER, now=NOW) == seconds


def test_the_days_that_succeeded_beside_one_that_failed_are_built() -> None:
    cursor, _ = requested(Cursor(), observed({TODAY: seen("a"), EARLIER: seen("b")}, outbox=3))
    settled = ended(cursor, failing=[EARLIER])
    assert settled.built == {TODAY: seen("a")}
    assert list(settled.failed) == [EARLIER]
    assert settled.outbox == 3


def test_a_day_that_keeps_failing_delays_no_other_day() -> None:
    cursor, later = Cursor(), 0.0
    for visit in range(20):
        landing = {TODAY: seen(f"a{visit}"), YESTERDAY: seen("b")}
        cursor, _ = requested(cursor, observed(landing, later=later))
        cursor = ended(cursor, failing=[YESTERDAY], at=later)
        later += 70
        if visit:
            assert {day: built.spoken for day, built in cursor.built.items()} == {TODAY: f"a{visit}"}
    assert cursor.failed[YESTERDAY].times > 3


def test_days_of_a_failed_run_are_requested_one_run_each_today_first() -> None:
    days = [TODAY, YESTERDAY, date(2026, 11, 21)]
    landing = {day: seen("a") for day in days}
    cursor, requests = requested(Cursor(), observed(landing))
    assert len(requests) == 1
    failed = ended(cursor, failing=[YESTERDAY])
    retried, requests = requested(failed, observed({**landing, EARLIER: seen("late")}, later=70))
    assert requested_days(requests) == [(str(day), str(day)) for day in (*days, EARLIER)]
    assert list(ended(retried, failing=[YESTERDAY], at=70).failed) == [YESTERDAY]


def test_only_the_failed_day_of_the_outbox_is_requested_again() -> None:
    cursor, _ = requested(Cursor(), observed({}, outbox=8, days=(EARLIER, TODAY)))
    failed = ended(cursor, failing=[EARLIER])
    assert failed.outbox == 8
    _, requests = requested(failed, observed({}, outbox=8, later=70))
    assert requested_days(requests) == [("2026-11-12", "2026-11-12")]


def test_when_every_day_fails_today_is_retried_as_usual_and_others_rarely() -> None:
    many = [TODAY - timedelta(days=back) for back in range(20 * RETRIES_AT_ONCE)]
    cursor = Cursor(failed={day: FailedDay(times=9, at=0) for day in many})
    assert retry_seconds(cursor, TODAY, now=NOW) == LONGEST_RETRY_SECONDS
    assert retry_seconds(cursor, YESTERDAY, now=NOW) == 20 * LONGEST_RETRY_SECONDS
    _, requests = requested(cursor, observed({}))
    assert requested_days(requests) == [(str(day), str(day)) for day in many[:RETRIES_AT_ONCE]]


def test_a_run_that_failed_late_does_not_delay_the_others() -> None:
    cursor, _ = requested(Cursor(), observed({YESTERDAY: seen("a")}))
    settled = ended(cursor, took=900, failing=[YESTERDAY])
    _, requests = requested(settled, observed({TODAY: seen("b"), YESTERDAY: seen("a")}, later=901))
    assert requested_days(requests) == [("2026-11-23", "2026-11-23")]


def test_a_tick_requests_a_limited_number_of_days_and_the_next_tick_the_rest() -> None:
    many = {TODAY - timedelta(days=back): seen("a") for back in range(DAYS_AT_ONCE + 5)}
    cursor, requests = requested(Cursor(), observed(many))
    assert requested_days(requests) == [("2026-10-15", "2026-11-23")]
    _, rest = requested(ended(cursor), observed(many, later=60))
    assert requested_days(rest) == [("2026-10-10", "2026-10-14")]


def test_equal_observations_have_equal_run_keys() -> None:
    keys = [requested(Cursor(), observed({TODAY: seen(text)}))[1][0].run_key for text in ("a", "a", "b")]
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
            service=st.booleans(),
        ),
        served=st.floats(0, 4e9),
        ended=st.floats(0, 4e9),
        took=st.floats(0, 1e6),
        failed=st.dictionaries(
            st.dates(), st.builds(FailedDay, times=st.integers(1), at=st.floats(0, 4e9)), max_size=3
        ),
    )
)
def test_a_cursor_survives_serialisation(cursor: Cursor) -> None:
    assert Cursor.parse(cursor.model_dump_json()) == cursor


@pytest.mark.parametrize("text", [None, "", "17", '{"built": 3}'])
def test_a_cursor_that_cannot_be_read_means_that_nothing_is_built_yet(text: str | None) -> None:
    assert Cursor.parse(text) == Cursor()


@given(st.lists(LANDINGS, min_size=1, max_size=4), st.lists(st.sets(st.integers(0, 30)), min_size=8, max_size=8))
def test_every_landed_day_is_built_in_the_end_whatever_fails_in_between(
    landings: list[dict[date, SeenDay]], failing: list[set[int]]
) -> None:
    cursor, later, landing = Cursor(), 0.0, {}
    for change in landings:
        landing = {**landing, **change}
        for remainders in [*failing, *[set[int]()] * 6]:
            later += 5 * LONGEST_RETRY_SECONDS
            planned = plan(cursor, observation=observed(landing, later=later))
            if isinstance(planned, str):
                continue
            bad = [day for day in landing if day.toordinal() % 31 in remainders]
            cursor = ended(planned[0], failing=bad, at=later)
    assert {day: cursor.built.get(day) for day in landing} == landing
    assert cursor.failed == {}


def test_after_a_restore_days_are_rebuilt_newest_first_in_batches() -> None:
    days = tuple(TODAY - timedelta(days=back) for back in range(300))
    found = observed({day: seen("a") for day in days}, outbox=5000, days=days)
    planned = plan(Cursor(), observation=found)
    assert not isinstance(planned, str)
    cursor, _ = planned
    assert cursor.asked is not None
    assert list(cursor.asked.runs.values()) == [(days[DAYS_AT_ONCE - 1], TODAY)]


def test_a_day_that_never_landed_is_built_when_the_outbox_names_it() -> None:
    planned = plan(Cursor(), observation=observed({TODAY: seen("a")}, outbox=3, days=(EARLIER,)))
    assert not isinstance(planned, str)
    assert planned[0].asked is not None
    assert set(planned[0].asked.runs.values()) == {(TODAY, TODAY), (EARLIER, EARLIER)}
