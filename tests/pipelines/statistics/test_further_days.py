"""What the data cannot tell: the days that would decide, and another café."""

from __future__ import annotations

import pytest
from scipy.stats import norm, t

from pipelines.statistics.clustered import ratio, share_interval
from pipelines.statistics.further_days import another_cafe, further_days


def test_four_times_the_days_halve_an_interval() -> None:
    assert further_days(value=0.12, low=0.08, high=0.16, target=0.10, days=30) == 90
    assert further_days(value=0.08, low=0.04, high=0.12, target=0.10, days=30) == 90


def test_an_interval_that_excludes_the_target_needs_no_day() -> None:
    assert further_days(value=0.12, low=0.10, high=0.14, target=0.10, days=30) == 0
    assert further_days(value=0.08, low=0.05, high=0.09, target=0.10, days=30) == 0


def test_no_number_of_days_is_promised_on_the_target_or_past_a_year() -> None:
    assert further_days(value=0.10, low=0.08, high=0.12, target=0.10, days=30) is None
    assert further_days(value=0.101, low=0.05, high=0.16, target=0.10, days=30) is None


def test_the_same_days_repeated_that_often_do_exclude_the_target() -> None:
    days = [(8.0, 100.0), (15.0, 100.0), (10.5, 100.0)] * 7
    interval, value = share_interval(ratio(days)), ratio(days).value
    assert value is not None and interval.low is not None and interval.high is not None
    assert interval.low < 0.10
    more = further_days(value=value, low=interval.low, high=interval.high, target=0.10, days=len(days))
    assert more is not None and more > 0
    low = share_interval(ratio(days * round((len(days) + more) / len(days) + 1))).low
    assert low is not None and low >= 0.10


def test_one_more_cafe_could_be_almost_anything_after_three() -> None:
    shares = [0.09, 0.11, 0.14]
    found = another_cafe(shares)
    assert found is not None and found[0] < 0.05 and found[1] > 0.22
    assert another_cafe(shares[:2]) is None
    wide, narrow = t.ppf(0.975, 2), norm.ppf(0.975)
    assert wide > 2 * narrow
    assert another_cafe([0.1, 0.1, 0.1]) == pytest.approx((0.1, 0.1))
