"""Which hours are odd: three slow ones in a row are, one is not; unusable hours have no verdict."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pilot.business_days import at_local
from pipelines.volume.expectation import expectation
from pipelines.volume.open_hours import OpenHour, Window
from pipelines.volume.verdicts import LEAST_MINUTES, HourVerdict, judge_hours
from tests.pipelines.volume.days import AURORA, CAFES, MONDAY, as_usual, hours, past, weekdays_before

LATER = date(2026, 12, 7)


def at(hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
    return at_local(day, datetime(2000, 1, 1, hour, minute).time())


def verdicts(some: list[OpenHour], day: date = MONDAY, found_rows: dict | None = None) -> dict[int, HourVerdict]:
    by = expectation(AURORA, day=day, past=found_rows or {})
    assert by is not None
    return {hour.hour: found for hour, found in zip(some, judge_hours(some, by=by), strict=True)}


def odd(found: dict[int, HourVerdict]) -> dict[int, str]:
    return {hour: each.verdict for hour, each in found.items() if each.verdict in ("low", "high")}


def test_a_usual_day_has_no_anomaly_by_the_band_nor_by_history() -> None:
    assert odd(verdicts(hours(AURORA, MONDAY))) == {}
    found_rows = past(AURORA, dict.fromkeys(weekdays_before(LATER, 8), as_usual))
    assert odd(verdicts(hours(AURORA, LATER), LATER, found_rows)) == {}


def test_one_empty_hour_or_two_are_nothing_and_three_in_a_row_are() -> None:
    def without(*empty: int) -> list[OpenHour]:
        return hours(AURORA, MONDAY, lambda weight, hour: 0 if hour in empty else as_usual(weight, hour))

    assert odd(verdicts(without(12))) == odd(verdicts(without(15, 16))) == {}
    found = verdicts(without(15, 16, 17))
    assert odd(found) == {17: "low"}
    assert found[17].since == at(15)


def test_a_missing_sign_is_low_for_the_rest_of_the_day() -> None:
    found = verdicts(hours(AURORA, MONDAY, lambda weight, hour: as_usual(weight, hour) if hour < 11 else 0))
    assert set(odd(found)) == set(range(12, 19))
    rarest = min((each for each in found.values() if each.surprise is not None), key=lambda each: each.surprise or 0)
    assert rarest.since == at(11)


def test_history_finds_a_day_at_half_strength_that_the_band_misses() -> None:
    half = hours(AURORA, LATER, lambda weight, hour: as_usual(weight, hour) // 2)
    found_rows = past(AURORA, dict.fromkeys(weekdays_before(LATER, 10), as_usual))
    assert odd(verdicts(half, LATER)) == {}
    assert set(odd(verdicts(half, LATER, found_rows)).values()) == {"low"}


def test_a_burst_of_two_hours_is_high_and_one_of_a_peak_hour_is_not() -> None:
    def times(factor: int, *busy: int) -> list[OpenHour]:
        return hours(AURORA, MONDAY, lambda weight, hour: as_usual(weight, hour) * (factor if hour in busy else 1))

    assert odd(verdicts(times(3, 12, 13)))[13] == "high"
    assert odd(verdicts(times(2, 16))) == {}


def test_an_outage_is_no_anomaly_and_its_hours_are_too_little_open() -> None:
    away: list[Window] = [(at(11), at(15))]
    silent = hours(AURORA, MONDAY, lambda weight, hour: 0 if 11 <= hour < 15 else as_usual(weight, hour), away=away)
    found = verdicts(silent)
    assert odd(found) == {}
    assert [hour for hour, each in found.items() if each.verdict == "too_little_open"] == [11, 12, 13, 14]
    assert found[11] == HourVerdict("too_little_open")


def test_an_hour_with_a_quarter_of_an_hour_left_is_judged_and_with_less_is_not() -> None:
    for minutes, verdict in ((45, "none"), (46, "too_little_open")):
        found = verdicts(hours(AURORA, MONDAY, away=[(at(10), at(10, minutes))]))
        assert found[10].verdict == verdict


def test_an_hour_that_is_not_settled_is_never_low() -> None:
    def nothing(weight: float, hour: int) -> int:
        return as_usual(weight, hour) if hour < 11 else 0

    assert odd(verdicts(hours(AURORA, MONDAY, nothing, as_of=at(13, 29)))) == {}
    assert odd(verdicts(hours(AURORA, MONDAY, nothing, as_of=at(13, 30)))) == {12: "low"}


def test_a_burst_is_high_while_it_is_under_way() -> None:
    def burst(weight: float, hour: int) -> int:
        return as_usual(weight, hour) + 40 * (hour >= 15)

    assert odd(verdicts(hours(AURORA, MONDAY, burst, as_of=at(16, 20))))[16] == "high"


@given(
    day=st.dates(date(2026, 11, 23), date(2027, 1, 31)),
    cafe=st.sampled_from(CAFES.cafe),
    counts=st.lists(st.integers(0, 60), min_size=24, max_size=24),
    cuts=st.lists(st.tuples(st.integers(0, 23), st.integers(1, 180)), max_size=4),
    elapsed=st.integers(0, 40),
)
def test_only_hours_open_long_enough_are_judged_and_low_only_settled_ones(
    day: date, cafe: object, counts: list[int], cuts: list[tuple[int, int]], elapsed: int
) -> None:
    away = [(at(hour, day=day), at(hour, day=day) + timedelta(minutes=minutes)) for hour, minutes in cuts]
    as_of = at(0, day=day) + timedelta(hours=elapsed)
    some = hours(cafe, day, lambda weight, hour: counts[hour], as_of=as_of, away=away)  # type: ignore[arg-type]
    by = expectation(cafe, day=day, past={})  # type: ignore[arg-type]
    if by is None:
        assert some == []
        return
    for hour, found in zip(some, judge_hours(some, by=by), strict=True):
        assert (found.verdict == "too_little_open") == (hour.usable_minutes < LEAST_MINUTES) == (found.surprise is None)
        assert hour.settled or found.verdict != "low"
        assert found.since is None or found.since <= hour.starts_at
        assert found.surprise is None or 0 <= found.surprise <= 1
