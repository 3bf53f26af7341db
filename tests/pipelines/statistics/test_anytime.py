"""Confidence sequences: those of a published implementation, and seldom wrong on any day."""

from __future__ import annotations

import math

import numpy as np
import pytest
from ville import BernoulliCS

from pipelines.statistics.anytime import MOST_GROUPS, anytime_quantile, anytime_share, rejects
from pipelines.statistics.clustered import Interval, ratio, share_interval
from pipelines.statistics.intervals import wilson
from proving.analytics.arithmetic import anytime_ends


def width(interval: Interval) -> float:
    assert interval.low is not None and interval.high is not None
    return interval.high - interval.low


@pytest.mark.parametrize("share", [0.1, 0.5, 0.7, 0.95])
def test_one_guest_a_day_gives_each_step_of_a_published_implementation(share: float) -> None:
    draws = (np.random.default_rng(20261130).uniform(size=200) < share).astype(float)
    published = BernoulliCS(alpha=0.05, intersect=False).fit(draws)
    for trials in (1, 2, 10, 77, 200):
        found = anytime_share([(float(each), 1.0) for each in draws[:trials]])
        assert found.low == pytest.approx(float(published.lower_[trials - 1]), abs=2e-7)
        assert found.high == pytest.approx(float(published.upper_[trials - 1]), abs=2e-7)


def test_the_proof_of_the_pages_finds_the_same_ends_by_another_formula() -> None:
    random = np.random.default_rng(5)
    for share in (0.03, 0.12, 0.7, 0.99, 1.0):
        trials = random.integers(20, 600, size=63)
        counts = [(float(random.binomial(each, share)), float(each)) for each in trials]
        found = anytime_share(counts)
        assert (found.low, found.high) == (
            pytest.approx(anytime_ends(counts)[0]),
            pytest.approx(anytime_ends(counts)[1]),
        )


def test_a_share_without_a_failure_has_the_upper_end_one() -> None:
    found = anytime_share([(40.0, 40.0)] * 90)
    assert found.low is not None and 0.9 < found.low < 1 and found.high == 1.0
    none = anytime_share([(0.0, 40.0)] * 90)
    assert (none.low, none.high) == (0.0, pytest.approx(1 - found.low))


def test_a_share_of_no_trials_is_refused() -> None:
    with pytest.raises(ValueError, match="no trials"):
        anytime_share([(0.0, 0.0)])


def test_guests_seen_daily_are_rarely_wrong_on_any_of_thirty_days() -> None:
    random = np.random.default_rng(7)
    wrong = {"anytime": 0, "plain": 0}
    for _ in range(400):
        days = random.binomial(150, random.beta(7, 3, size=30))  # days differ, and so do the plain intervals' promises
        cells = [(float(each), 150.0) for each in days]
        wrong["anytime"] += any(rejects(0.7, cells[:day]) for day in range(1, 31))
        ends = [wilson(sum(top for top, _ in cells[:day]), 150 * day) for day in range(1, 31)]
        wrong["plain"] += any(not low <= 0.7 <= high for low, high in ends)
    assert wrong["anytime"] / 400 <= 0.05
    assert wrong["plain"] / 400 > 0.9


def test_an_all_or_nothing_day_that_has_not_come_yet_is_covered() -> None:
    random, wrong = np.random.default_rng(11), 0
    for _ in range(400):
        lost = random.uniform(size=30) < 0.05  # on one day of twenty nobody completes
        cells = [(0.0 if each else 100.0, 100.0) for each in lost]
        wrong += any(rejects(0.95, cells[:day]) for day in range(1, 31))
    assert wrong / 400 <= 0.05


def test_clusters_widen_the_sequence_and_it_is_wider_than_a_single_interval() -> None:
    apart = [(95.0, 100.0), (45.0, 100.0)] * 15
    assert width(anytime_share(apart)) > width(anytime_share([(70.0, 100.0)] * 30))
    assert width(anytime_share(apart)) > width(share_interval(ratio(apart)))
    assert anytime_share(apart).design_effect == share_interval(ratio(apart)).design_effect > 10


def test_the_ends_are_where_a_share_stops_being_rejected() -> None:
    cells = [(70.0, 100.0), (66.0, 110.0), (60.0, 70.0)] * 6
    found = anytime_share(cells)
    assert found.low is not None and found.high is not None
    assert rejects(found.low - 1e-9, cells) and not rejects(found.low + 1e-9, cells)
    assert rejects(found.high + 1e-9, cells) and not rejects(found.high - 1e-9, cells)


def test_many_cafes_are_bet_on_in_groups() -> None:
    few = [(70.0, 100.0)] * MOST_GROUPS
    many = [(35.0, 50.0), (35.0, 50.0)] * MOST_GROUPS
    assert width(anytime_share(many)) == pytest.approx(width(anytime_share(few)))


def test_a_quantiles_ends_are_the_outermost_values_that_are_not_rejected() -> None:
    clusters = np.random.default_rng(3).exponential(size=(120, 20)).tolist()
    value, interval = anytime_quantile(clusters, 0.8)
    ordered = sorted(each for cluster in clusters for each in cluster)
    assert ordered[1919] == value
    assert interval.low is not None and interval.high is not None
    assert interval.low < -math.log(0.2) < interval.high

    def outside(bound: float) -> bool:
        return rejects(0.8, [(sum(each <= bound for each in one), len(one)) for one in clusters])

    low, high = ordered.index(interval.low), ordered.index(interval.high)
    assert outside(ordered[low - 1]) and not outside(ordered[low])
    assert outside(ordered[high]) and not outside(ordered[high - 1])


def test_missing_answers_leave_the_upper_end_of_a_quantile_open() -> None:
    value, interval = anytime_quantile([[1.0] * 9 + [math.inf]] * 60, 0.95)
    assert math.isinf(value)
    assert interval.high is None or math.isinf(interval.high)
    assert anytime_quantile([[1.0, 2.0]], 0.95)[1].low is None
