"""What a day is expected to bring: the band at first, then a level that no single bad day moves."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pipelines.volume.expectation import PastHour, expectation
from tests.pipelines.volume.days import AURORA, GOTEBORG, MALMO, MONDAY, as_usual, empty, past, weekdays_before

LATER = date(2026, 12, 7)  # a Monday, with two weeks before it


def of_day(by: object, cafe: object, day: date) -> tuple[float, float, float]:
    weight = sum(by.weight(each.hour, each.weight) for each in empty(cafe, day))  # type: ignore[attr-defined, arg-type]
    return by.low * weight, by.rate * weight, by.high * weight  # type: ignore[attr-defined]


def test_without_history_the_band_is_expected_of_a_weekday() -> None:
    by = expectation(AURORA, day=MONDAY, past={})
    assert by is not None
    assert by.basis == "band"
    assert of_day(by, AURORA, MONDAY) == pytest.approx((50.0, 75.0, 100.0))
    assert (by.low_test_rate, by.high_test_rate) == (by.low, by.high)


def test_a_shorter_day_may_bring_less_and_never_owes_more() -> None:
    epiphany = date(2027, 1, 6)  # 10 to 16: one of the two peaks
    by = expectation(AURORA, day=epiphany, past={})
    low, _, high = of_day(by, AURORA, epiphany)
    assert low == pytest.approx(50 * (6 * 60 + 3 * 120) / 1440)
    assert high == pytest.approx(100.0)


def test_of_a_closed_day_nothing_is_expected() -> None:
    assert expectation(AURORA, day=date(2026, 12, 25), past={}) is None
    assert expectation(MALMO, day=date(2027, 1, 6), past={}) is None


def test_history_takes_over_after_five_weekdays_and_not_after_four() -> None:
    days = weekdays_before(LATER, 5)
    four, five = past(AURORA, dict.fromkeys(days[:4], as_usual)), past(AURORA, dict.fromkeys(days, as_usual))
    assert expectation(AURORA, day=LATER, past=four).basis == "band"  # type: ignore[union-attr]
    by = expectation(AURORA, day=LATER, past=five)
    assert by is not None
    assert by.basis == "history"
    assert of_day(by, AURORA, LATER)[1] == pytest.approx(len_of_usual(), rel=0.02)
    assert by.low_test_rate == by.high_test_rate == by.rate


def len_of_usual() -> int:
    return sum(as_usual(each.weight, each.hour) for each in empty(AURORA, LATER))


def test_four_of_the_same_weekday_count_before_the_others_of_its_kind() -> None:
    fridays = [date(2026, 12, 18) - timedelta(days=7 * ago) for ago in range(1, 5)]
    others = [day for day in weekdays_before(date(2026, 12, 18), 20) if day not in fridays]
    given = past(AURORA, dict.fromkeys(others, as_usual)) | past(
        AURORA, dict.fromkeys(fridays, lambda weight, hour: 2 * as_usual(weight, hour))
    )
    by = expectation(AURORA, day=date(2026, 12, 18), past=given)
    assert of_day(by, AURORA, date(2026, 12, 18))[1] == pytest.approx(2 * len_of_usual(), rel=0.05)


def test_saturdays_and_holidays_do_not_speak_for_weekdays() -> None:
    saturdays = [date(2026, 12, 5) - timedelta(days=7 * ago) for ago in range(6)]
    given = past(AURORA, dict.fromkeys(saturdays, as_usual))
    assert expectation(AURORA, day=LATER, past=given).basis == "band"  # type: ignore[union-attr]
    assert expectation(AURORA, day=date(2026, 12, 12), past=given).basis == "history"  # type: ignore[union-attr]


def test_a_special_day_is_like_no_other() -> None:
    days = weekdays_before(date(2026, 12, 25), 20)
    assert expectation(AURORA, day=date(2026, 12, 25), past=past(AURORA, dict.fromkeys(days, as_usual))) is None


def test_one_day_of_nothing_and_one_burst_do_not_move_what_is_expected() -> None:
    days = weekdays_before(LATER, 9)
    good = past(AURORA, dict.fromkeys(days, as_usual))
    spoilt = good | past(
        AURORA,
        {days[0]: lambda weight, hour: 0, days[1]: lambda weight, hour: as_usual(weight, hour) + 90 * (hour == 10)},
    )
    before, after = expectation(AURORA, day=LATER, past=good), expectation(AURORA, day=LATER, past=spoilt)
    assert of_day(after, AURORA, LATER)[1] == pytest.approx(of_day(before, AURORA, LATER)[1], rel=0.05)
    assert after.profile[10] < 1.3  # type: ignore[union-attr]


def test_an_outage_of_the_past_counts_by_the_minutes_that_it_left() -> None:
    days = weekdays_before(LATER, 6)
    whole = past(AURORA, dict.fromkeys(days, as_usual))
    cut = {day: [each for each in found if each.hour < 14] for day, found in whole.items()}
    full, less = expectation(AURORA, day=LATER, past=whole), expectation(AURORA, day=LATER, past=cut)
    assert of_day(less, AURORA, LATER)[1] == pytest.approx(of_day(full, AURORA, LATER)[1], rel=0.1)


def test_a_day_of_which_little_could_be_used_is_no_history() -> None:
    days = weekdays_before(LATER, 5)
    given = past(AURORA, dict.fromkeys(days, as_usual))
    given[days[0]] = [each for each in given[days[0]] if each.hour < 9]
    assert expectation(AURORA, day=LATER, past=given).basis == "band"  # type: ignore[union-attr]


def test_days_to_come_are_no_history() -> None:
    days = weekdays_before(date(2026, 12, 31), 5)
    assert expectation(AURORA, day=LATER, past=past(AURORA, dict.fromkeys(days, as_usual))).basis == "band"  # type: ignore[union-attr]


def test_where_nothing_has_become_usual_the_band_still_holds() -> None:
    days = weekdays_before(LATER, 10)
    by = expectation(GOTEBORG, day=LATER, past=past(GOTEBORG, dict.fromkeys(days, lambda weight, hour: hour == 9)))
    assert by.basis == "band"  # type: ignore[union-attr]


def test_an_hours_own_share_is_learned_slowly() -> None:
    days = weekdays_before(LATER, 6)
    early = past(AURORA, dict.fromkeys(days, lambda weight, hour: as_usual(weight, hour) + 6 * (hour == 10)))
    few, many = (expectation(AURORA, day=LATER, past={day: early[day] for day in days[:number]}) for number in (5, 6))
    assert 1 < few.profile[10] < many.profile[10] < 3  # type: ignore[union-attr]
    assert PastHour(10, 60.0, 9) in early[days[0]]
