"""Intervals over days: by hand, against scipy's t, and by how often they hold the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pipelines.statistics.clustered import FEWEST_CLUSTERS, difference, quantile_of, ratio, share_interval
from pipelines.statistics.intervals import wilson

RUNS = 400


def test_the_variance_of_a_ratio_is_the_text_books() -> None:
    found = ratio([(1, 4), (3, 4), (2, 4), (0, 0)])
    assert (found.value, found.clusters) == (0.5, 3)
    assert found.variance == pytest.approx(3 / 2 * (1 + 1 + 0) / 12**2)


def test_a_single_day_has_no_variance_between_days_and_the_interval_of_its_trials() -> None:
    found = ratio([(7, 10)])
    assert found.variance is None
    interval = share_interval(found)
    assert (interval.low, interval.high) == wilson(7, 10)


def test_differing_days_widen_the_interval_and_equal_days_never_narrow_it() -> None:
    unequal = share_interval(ratio([(10, 100), (90, 100)] * 5))
    equal = share_interval(ratio([(50, 100)] * 10))
    low, high = wilson(500, 1000)
    assert unequal.design_effect > 50
    assert unequal.low is not None and unequal.high is not None and equal.low is not None and equal.high is not None
    assert unequal.low < equal.low < low
    assert unequal.high > equal.high > high


def test_nothing_at_all_has_no_interval() -> None:
    assert ratio([]).value is None
    with pytest.raises(ValueError, match="no trials"):
        share_interval(ratio([]))


def test_the_interval_of_a_share_holds_the_truth_about_as_often_as_it_says() -> None:
    random, held, naive = np.random.default_rng(11), 0, 0
    for _ in range(RUNS):
        daily = random.beta(7, 3, size=30)  # days differ; their mean is 0.7
        clusters = [(int(random.binomial(40, share)), 40) for share in daily]
        found = ratio(clusters)
        interval = share_interval(found)
        assert interval.low is not None and interval.high is not None
        held += interval.low <= 0.7 <= interval.high
        low, high = wilson(found.numerator, found.denominator)
        naive += low <= 0.7 <= high
    assert held / RUNS >= 0.92
    assert naive / RUNS <= 0.70


def test_the_interval_of_a_quantile_holds_the_truth_about_as_often_as_it_says() -> None:
    random, held = np.random.default_rng(12), 0
    # A day shifts all its waits: the truth is the p95 of the mixture, from a million draws.
    shifts = np.random.default_rng(1).normal(0, 0.2, 1_000_000)
    truth = float(np.quantile(np.random.default_rng(2).gamma(4, 0.25, 1_000_000) + shifts, 0.95))
    for _ in range(RUNS):
        days = [list(random.gamma(4, 0.25, 40) + random.normal(0, 0.2)) for _ in range(30)]
        _, interval = quantile_of(days, 0.95)
        held += (interval.low or 0) <= truth <= (math.inf if interval.high is None else interval.high)
    assert held / RUNS >= 0.90


def test_what_never_came_is_the_greatest_of_all_and_too_few_bound_nothing() -> None:
    value, interval = quantile_of([[0.5] * 9 + [math.inf]], 0.95)
    assert math.isinf(value)
    assert interval.high is None


def test_of_independent_values_the_ranks_are_the_order_statistics() -> None:
    values = [float(number) for number in range(1, 201)]
    _, interval = quantile_of([values], 0.95)
    assert (interval.low, interval.high) == (184.0, 197.0)  # binomial(200, 0.95): 2.5 % below 184, 2.5 % from 197


def test_a_difference_needs_days_on_both_sides() -> None:
    many, few = ratio([(5, 10)] * FEWEST_CLUSTERS), ratio([(5, 10)] * (FEWEST_CLUSTERS - 1))
    assert difference(many, few) is None
    assert difference(many, many) == (0.0, 0.0, 0.0)


def test_equal_periods_show_a_difference_only_as_often_as_stated() -> None:
    random, given = np.random.default_rng(13), 0
    for _ in range(RUNS):
        sides = [ratio([(float(random.binomial(40, random.beta(7, 3))), 40) for _ in range(14)]) for _ in range(2)]
        found = difference(sides[0], sides[1])
        assert found is not None
        given += not found[1] <= 0 <= found[2]
    assert given / RUNS <= 0.08
