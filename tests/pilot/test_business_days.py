"""Business days are Stockholm's calendar days, also when the clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.business_days import at_local, business_day, day_bounds, days_between, parse_day, session_day
from pilot.errors import InvalidDay
from pilot.identifiers import identifier_time, new_identifier

SPRING = date(2027, 3, 28)
AUTUMN = date(2026, 10, 25)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
AROUND_CLOCK_CHANGES = st.one_of(
    *(
        st.timedeltas(timedelta(hours=-30), timedelta(hours=30)).map(lambda d, c=change: c + d)
        for change in (datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC))
    )
)


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (date(2026, 11, 23), 24)])
def test_a_day_has_23_24_or_25_hours(day, hours):
    start, end = day_bounds(day)
    assert end - start == timedelta(hours=hours)


@given(st.one_of(MOMENTS, AROUND_CLOCK_CHANGES))
def test_a_moment_falls_inside_the_bounds_of_its_own_day_only(moment):
    day = business_day(moment)
    start, end = day_bounds(day)
    assert start <= moment < end
    assert day_bounds(day + timedelta(days=1))[0] == end


@given(st.one_of(MOMENTS, AROUND_CLOCK_CHANGES))
def test_the_zone_of_a_moment_does_not_matter(moment):
    assert business_day(moment) == business_day(moment.astimezone(ZoneInfo("America/New_York")))


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        business_day(datetime(2026, 11, 23, 12))


@given(st.one_of(MOMENTS, AROUND_CLOCK_CHANGES))
def test_a_sessions_day_is_in_its_identifier(moment):
    identifier = new_identifier(at=moment)
    assert identifier_time(identifier) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert session_day(identifier) == business_day(moment)


def test_a_skipped_wall_time_lands_after_the_spring_change():
    assert at_local(SPRING, time(2, 30)) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


def test_a_repeated_wall_time_means_its_first_occurrence():
    assert at_local(AUTUMN, time(2, 30)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_text_that_is_not_a_day_is_refused_with_what_was_expected():
    assert parse_day("2026-11-23") == date(2026, 11, 23)
    for text in ("yesterday", "2026-02-30", "", "23.11.2026"):
        with pytest.raises(InvalidDay, match=f"{text!r} is not a day: expected year-month-day. Write it as 2026-"):
            parse_day(text)


def test_days_between_holds_both_ends():
    assert list(days_between(date(2026, 12, 31), date(2027, 1, 1))) == [date(2026, 12, 31), date(2027, 1, 1)]
