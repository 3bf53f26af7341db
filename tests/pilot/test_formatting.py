"""Numbers and days in the reader's language."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot.formatting import clock_time, interval, join_names, long_day, measure, number, short_day


def test_swedish_writes_a_decimal_comma_and_a_space_before_the_percent_sign():
    assert measure(0.725, unit="share", language="sv", decimals=1) == "72,5\u00a0%"
    assert measure(0.725, unit="share", language="en", decimals=1) == "72.5%"
    assert measure(1.4, unit="seconds", language="sv", decimals=2) == "1,40\u00a0s"
    assert number(12345, language="sv") == "12\u00a0345"


def test_an_interval_is_written_in_words():
    assert interval(0.61, 0.78, unit="share", language="sv", decimals=0) == "mellan 61 och 78\u00a0%"
    assert interval(0.61, 0.78, unit="share", language="en", decimals=0) == "between 61 and 78%"
    assert interval(1.47, None, unit="seconds", language="sv", decimals=2) == "minst 1,47\u00a0s"
    assert interval(1.47, float("inf"), unit="seconds", language="sv", decimals=2) == "minst 1,47\u00a0s"
    assert interval(None, None, unit="share", language="sv", decimals=0) == ""


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_shown_interval_covers_the_computed_one(one: float, other: float):
    low, high = sorted((one, other))
    words = interval(low, high, unit="share", language="en", decimals=0)
    ends = [float(part.strip("%")) for part in words.split() if part.strip("%").replace(".", "").isdigit()]
    assert min(ends) / 100 <= low + 1e-9
    assert max(ends) / 100 >= high - 1e-9


def test_a_share_at_its_target_is_not_rounded_past_it():
    assert interval(0.696, 0.82, unit="share", language="sv", decimals=0).startswith("mellan 69 ")


@pytest.mark.parametrize(
    ("language", "long", "short"), [("sv", "måndag 23 november", "23 nov."), ("en", "Monday 23 November", "23 Nov")]
)
def test_days_are_named(language, long, short):
    assert long_day(date(2026, 11, 23), language=language) == long
    assert short_day(date(2026, 11, 23), language=language) == short


def test_times_are_in_stockholms_time_zone():
    assert clock_time(datetime(2026, 7, 1, 12, 32, tzinfo=UTC)) == "14:32"
    assert clock_time(datetime(2026, 12, 1, 12, 32, tzinfo=UTC)) == "13:32"


def test_lists_end_with_and():
    assert join_names(["a", "b", "c"], language="sv") == "a, b och c"
    assert join_names(["a"], language="en") == "a"
