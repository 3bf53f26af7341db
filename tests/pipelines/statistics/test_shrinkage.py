"""Shrunk shares and means against the examples of Bayesian Data Analysis, 3rd ed."""

from __future__ import annotations

import time

import numpy as np
import pytest

from pipelines.statistics.shrinkage import compare_means, compare_shares, share_posterior

# Tumours among rats of 71 experiments (BDA, table 5.1; Tarone 1982), the last one the current one.
RATS = [
    *[(0, 20)] * 7, *[(0, 19)] * 4, *[(0, 18)] * 2, (0, 17), *[(1, 20)] * 4, *[(1, 19)] * 2, *[(1, 18)] * 2,
    (2, 25), (2, 24), (2, 23), *[(2, 20)] * 6, (1, 10), (5, 49), (2, 19), (5, 46), (3, 27), (2, 17), (7, 49), (7, 47),
    (3, 20), (3, 20), (2, 13), (9, 48), (10, 50), *[(4, 20)] * 7, (10, 48), *[(4, 19)] * 3, (5, 22), (11, 46), (12, 49),
    (5, 20), (5, 20), (6, 23), (5, 19), (6, 22), *[(6, 20)] * 3, (16, 52), (15, 47), (15, 46), (9, 24), (4, 14),
]  # fmt: skip

# Effects of coaching in eight schools and their standard errors (BDA, table 5.2; Rubin 1981).
SCHOOLS = [(28.0, 15.0), (8.0, 10.0), (-3.0, 16.0), (7.0, 11.0), (-1.0, 9.0), (1.0, 11.0), (18.0, 10.0), (12.0, 18.0)]


def test_the_posterior_of_the_rats_has_the_published_means_and_mode() -> None:
    assert len(RATS) == 71
    found = share_posterior([(float(a), float(b)) for a, b in RATS])
    assert found.weights @ found.alphas == pytest.approx(2.4, abs=0.1)  # section 5.3
    assert found.weights @ found.betas == pytest.approx(14.3, abs=0.4)
    mode = int(np.argmax(found.weights))
    assert np.log(found.alphas[mode] / found.betas[mode]) == pytest.approx(-1.75, abs=0.12)
    assert np.log(found.alphas[mode] + found.betas[mode]) == pytest.approx(2.8, abs=0.2)


def test_the_eight_schools_have_the_published_intervals() -> None:
    found = compare_means(SCHOOLS)
    assert found is not None
    medians = [10, 8, 7, 8, 5, 6, 10, 8]  # table 5.3
    assert [one.value for one in found.groups] == pytest.approx(medians, abs=1.6)
    assert found.groups[4].low == pytest.approx(-9, abs=2.1)  # 200 draws in the book
    assert found.groups[4].high == pytest.approx(18, abs=2.1)
    assert not found.any_differ
    assert [found.side(index) for index in range(8)] == [0] * 8
    assert found.alike(0) == 7


@pytest.mark.parametrize("share", [0.02, 0.12, 0.5, 0.73, 0.99])
@pytest.mark.parametrize("groups", [3, 10, 200])
def test_equal_groups_seldom_differ_and_intervals_cover_the_truth(share: float, groups: int) -> None:
    dice = np.random.default_rng(5)
    apart, covered, of = 0, 0, 40 if groups < 200 else 8
    for _ in range(of):
        trials = [(float(dice.binomial(300, share)), 300.0) for _ in range(groups)]
        found = compare_shares(trials)
        assert found is not None
        apart += found.any_differ
        covered += sum(one.low <= share <= one.high for one in found.groups)
    assert apart <= max(1, 0.1 * of)
    assert covered >= 0.9 * of * groups


@pytest.mark.parametrize("groups", [3, 8, 100])
def test_intervals_cover_the_truth_of_groups_that_differ(groups: int) -> None:
    dice = np.random.default_rng(7)
    covered, count = 0, 0
    for _ in range(40):
        truth = dice.beta(12, 88, groups)
        trials = [(float(dice.binomial(150, one)), 150.0) for one in truth]
        found = compare_shares(trials)
        assert found is not None
        covered += sum(one.low <= at <= one.high for one, at in zip(found.groups, truth, strict=True))
        count += groups
    assert covered >= 0.92 * count


def test_a_small_group_is_drawn_further_and_has_the_wider_interval() -> None:
    found = compare_shares([(100, 1000), (150, 1000), (110, 1000), (4, 10)])
    assert found is not None
    small, large = found.groups[3], found.groups[1]
    assert 0.1 < small.value < 0.25
    assert small.high - small.low > large.high - large.low
    assert abs(large.value - 0.15) < 0.01


def test_groups_that_clearly_differ_are_said_to() -> None:
    found = compare_shares([(50, 1000), (200, 1000), (400, 1000), (410, 1000)])
    assert found is not None
    assert found.any_differ
    assert found.alike(3) >= 1
    means = compare_means([(40.0, 0.5), (41.0, 0.5), (70.0, 0.5)])
    assert means is not None
    assert means.any_differ


@pytest.mark.parametrize("some", [[], [(1.0, 2.0)], [(1.0, 2.0), (2.0, 4.0)]])
def test_fewer_than_three_groups_are_not_compared(some: list[tuple[float, float]]) -> None:
    assert compare_shares(some) is None
    assert compare_means(some) is None


@pytest.mark.parametrize("trials", [(3.0, 2.0), (0.0, 0.0), (-1.0, 4.0)])
def test_impossible_trials_are_refused(trials: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="each group"):
        compare_shares([trials, (1.0, 2.0), (1.0, 2.0)])
    with pytest.raises(ValueError, match="standard error"):
        compare_means([(1.0, 0.0), (1.0, 2.0), (1.0, 2.0)])


def test_all_or_no_successes_have_intervals_within_bounds() -> None:
    for trials in ([(0.0, 50.0)] * 4, [(50.0, 50.0)] * 4):
        found = compare_shares(trials)
        assert found is not None
        assert all(0 <= one.low <= one.value <= one.high <= 1 for one in found.groups)


def test_a_thousand_groups_are_compared_within_seconds() -> None:
    dice = np.random.default_rng(1)
    trials = [(float(dice.binomial(100, 0.12)), 100.0) for _ in range(1000)]
    began = time.process_time()
    assert compare_shares(trials) is not None
    assert time.process_time() - began < 5
