"""Business days as partitions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from assets.framework.partitions import daily, exists, ranges
from pilot.business_days import days_between

DAYS = st.sets(st.dates(date(2026, 1, 1), date(2026, 3, 1)))


def test_today_has_a_partition_from_its_first_minute_in_stockholm() -> None:
    just_after_midnight = datetime(2026, 11, 23, 23, 1, tzinfo=UTC)
    assert daily.get_partition_keys(current_time=just_after_midnight)[-1] == "2026-11-24"
    assert exists(date(2026, 11, 24), now=just_after_midnight)
    assert not exists(date(2026, 11, 25), now=just_after_midnight)


def test_the_days_of_both_clock_changes_are_one_partition_each() -> None:
    keys = daily.get_partition_keys(current_time=datetime(2026, 11, 1, 12, tzinfo=UTC))
    for change, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25)):
        assert keys.count(change.isoformat()) == 1
        window = daily.time_window_for_partition_key(change.isoformat())
        assert window.end.timestamp() - window.start.timestamp() == timedelta(hours=hours).total_seconds()


def test_unbroken_days_are_one_range_and_the_newest_range_comes_first() -> None:
    days = [date(2026, 11, day) for day in (23, 3, 22, 4, 10)]
    assert list(ranges(days)) == [
        (date(2026, 11, 22), date(2026, 11, 23)),
        (date(2026, 11, 10), date(2026, 11, 10)),
        (date(2026, 11, 3), date(2026, 11, 4)),
    ]


@given(DAYS)
def test_ranges_cover_the_given_days_and_no_other(days: set[date]) -> None:
    covered = [day for first, last in ranges(days) for day in days_between(first, last)]
    assert sorted(covered) == sorted(days)
