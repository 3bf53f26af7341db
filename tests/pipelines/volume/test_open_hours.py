"""A café's day as hours: the wall clock, both clock changes, outages, and kinds of days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.business_days import at_local, day_bounds
from pilot.cafes import Cafe, parse_cafes
from pilot.opening_hours import hours_on
from pipelines.volume.open_hours import OpenHour, Window, kind_of, open_hours, whole_weight

CAFES = parse_cafes((Path(__file__).parents[3] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
AURORA, MALMO, GOTEBORG = CAFES.cafe
MONDAY = date(2026, 11, 23)
LATER = timedelta(days=2)


def night_cafe() -> Cafe:
    """Return a café that is open through the hours in which the clock changes."""
    always = {"weekdays": ("00:00", "06:00"), "saturday": ("00:00", "06:00"), "sunday": ("00:00", "06:00")}
    return Cafe.model_validate(AURORA.model_dump() | {"opening_hours": always, "peaks": (("02:00", "03:00"),)})


def at(text: str, day: date = MONDAY) -> datetime:
    return at_local(day, datetime.strptime(text, "%H:%M").time())  # noqa: DTZ007 - a wall clock's time


def hours(
    cafe: Cafe = AURORA, day: date = MONDAY, *sent: datetime, as_of: datetime | None = None, away: Sequence[Window] = ()
) -> list[OpenHour]:
    return open_hours(cafe, day=day, as_of=as_of or day_bounds(day)[1] + LATER, sent=sent, away=away)


def test_the_day_is_cut_at_the_clocks_hours_and_at_opening_and_closing() -> None:
    found = hours(MALMO)
    assert [each.hour for each in found] == list(range(7, 18))
    assert [each.open_minutes for each in found] == [30.0] + [60.0] * 10
    assert all(each.settled for each in found)


def test_minutes_of_a_peak_weigh_four_times_and_the_hours_add_up_to_the_day() -> None:
    found = {each.hour: each.weight for each in hours(GOTEBORG)}
    assert (found[7], found[8], found[9], found[10]) == (30 + 4 * 30, 240.0, 4 * 30 + 30, 60.0)
    assert sum(found.values()) == pytest.approx(whole_weight(GOTEBORG, GOTEBORG.opening_hours.weekdays))


def test_feedback_counts_in_its_hour_and_after_closing_in_the_last_hour() -> None:
    found = hours(AURORA, MONDAY, at("08:59"), at("09:00"), at("18:59"), at("19:20"), at("19:40"), at("06:30"))
    assert {each.hour: each.feedbacks for each in found if each.feedbacks} == {8: 1, 9: 1, 18: 2}


def test_spring_skips_an_hour_and_autumn_has_one_twice() -> None:
    spring, autumn = hours(night_cafe(), date(2026, 3, 29)), hours(night_cafe(), date(2026, 10, 25))
    assert [each.hour for each in spring] == [0, 1, 3, 4, 5]
    assert [each.hour for each in autumn] == [0, 1, 2, 2, 3, 4, 5]
    assert [each.open_minutes for each in autumn] == [60.0] * 7
    assert len({each.starts_at for each in autumn}) == 7


def test_each_of_autumns_two_equal_hours_keeps_its_own_feedback() -> None:
    first, second = datetime(2026, 10, 25, 0, 10, tzinfo=UTC), datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    found = hours(night_cafe(), date(2026, 10, 25), first, second, second)
    assert [each.feedbacks for each in found if each.hour == 2] == [1, 2]


@pytest.mark.parametrize("day", [date(2026, 12, 24), date(2026, 12, 25)])
def test_a_closed_day_has_no_hours(day: date) -> None:
    assert hours(AURORA, day, at("10:00", day)) == []


def test_a_holiday_keeps_its_own_hours() -> None:
    epiphany = date(2027, 1, 6)
    assert [each.hour for each in hours(AURORA, epiphany)] == list(range(10, 16))
    assert hours(MALMO, epiphany) == []


def test_an_outage_takes_its_minutes_and_overlapping_ones_are_taken_once() -> None:
    away = [(at("08:40"), at("09:10")), (at("08:50"), at("09:20")), (at("03:00"), at("04:00"))]
    found = {each.hour: each for each in hours(AURORA, away=away)}
    assert (found[8].away_minutes, found[8].weight) == (20.0, 4 * 40.0)
    assert (found[9].away_minutes, found[9].usable_minutes, found[9].weight) == (20.0, 40.0, 40.0)
    assert found[10].away_minutes == 0.0


def test_a_day_under_way_ends_now_and_its_running_and_latest_hours_are_not_settled() -> None:
    found = hours(as_of=at("11:20"))
    assert [each.hour for each in found] == [7, 8, 9, 10, 11]
    assert found[-1].open_minutes == 20.0
    assert [each.settled for each in found] == [True, True, True, False, False]
    assert hours(as_of=at("11:30"))[3].settled


def test_before_opening_there_is_nothing() -> None:
    assert hours(as_of=at("06:59")) == []


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 11, 23), "weekday"),
        (date(2026, 11, 28), "saturday"),
        (date(2026, 11, 29), "sunday_or_holiday"),
        (date(2027, 1, 6), "sunday_or_holiday"),
        (date(2026, 12, 24), "eve"),
        (date(2026, 12, 31), "eve"),
        (date(2026, 12, 25), "special"),
    ],
)
def test_days_are_alike_by_the_week_and_by_swedens_holidays(day: date, kind: str) -> None:
    assert kind_of(AURORA, day) == kind


@given(
    day=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    cafe=st.sampled_from([*CAFES.cafe, night_cafe()]),
    seconds=st.lists(st.integers(0, 90_000), max_size=12),
    elapsed=st.integers(0, 100_000),
    cuts=st.lists(st.tuples(st.integers(0, 90_000), st.integers(0, 20_000)), max_size=4),
)
def test_no_hour_outside_opening_is_ever_there_and_no_minute_is_counted_twice(
    day: date, cafe: Cafe, seconds: list[int], elapsed: int, cuts: list[tuple[int, int]]
) -> None:
    start, _ = day_bounds(day)
    as_of = start + timedelta(seconds=elapsed)
    sent = [start + timedelta(seconds=each) for each in seconds]
    away = [(start + timedelta(seconds=a), start + timedelta(seconds=a + b)) for a, b in cuts]
    found = open_hours(cafe, day=day, as_of=as_of, sent=sent, away=away)
    window = hours_on(cafe, day).window
    if window is None:
        assert found == []
        return
    opens, closes = at_local(day, window[0]), at_local(day, window[1])
    so_far = max(0.0, (min(closes, as_of) - opens).total_seconds() / 60)
    assert sum(each.open_minutes for each in found) == pytest.approx(so_far)
    for each in found:
        assert each.starts_at < min(closes, as_of)
        assert each.starts_at + timedelta(hours=1) > opens
        assert 0 <= each.away_minutes <= each.open_minutes + 1e-9 <= 60 + 1e-6
        assert each.usable_minutes - 1e-6 <= each.weight <= 4 * each.usable_minutes + 1e-6
    assert sum(each.feedbacks for each in found) <= len(sent)
