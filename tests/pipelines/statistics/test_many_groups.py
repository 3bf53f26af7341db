"""Thousands of shares: drawn together as by the whole posterior, and rarely named wrongly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipelines.statistics.many_groups import FEWEST_MANY, LEAST_DIFFERENCE, many_shares
from pipelines.statistics.shrinkage import compare_shares


def drawn(groups: int, *, size: float, seed: int = 7) -> tuple[Any, Any, Any]:
    """Return true shares, successes and trials of groups of very different sizes."""
    random = np.random.default_rng(seed)
    truth = random.beta(0.12 * size, 0.88 * size, groups) if size else np.full(groups, 0.12)
    trials = random.integers(20, 3_000, groups)
    return truth, random.binomial(trials, truth), trials


def test_two_hundred_groups_are_drawn_together_as_by_the_whole_posterior() -> None:
    _, successes, trials = drawn(200, size=60)
    fast = many_shares(successes, trials)
    whole = compare_shares(list(zip(successes, trials, strict=True)))
    assert fast is not None and whole is not None
    assert fast.values == pytest.approx([one.value for one in whole.groups], abs=0.002)
    assert fast.lows == pytest.approx([one.low for one in whole.groups], abs=0.004)
    assert fast.highs == pytest.approx([one.high for one in whole.groups], abs=0.004)


def test_intervals_cover_the_truth_and_few_are_named_wrongly() -> None:
    truth, successes, trials = drawn(10_000, size=60)
    found = many_shares(successes, trials)
    assert found is not None
    assert 0.94 < np.mean((found.lows <= truth) & (truth <= found.highs)) < 0.96
    for side in (1, -1):
        named = found.named(side)
        assert len(named) > 1_000
        wrong = np.mean(side * (truth[named] - found.centre) < LEAST_DIFFERENCE)
        assert wrong < 0.035
    raw = successes / trials
    assert np.mean((found.values - truth) ** 2) < 0.8 * np.mean((raw - truth) ** 2)


def test_equal_groups_have_no_outlier_where_plain_intervals_find_hundreds() -> None:
    _, successes, trials = drawn(10_000, size=0)
    found = many_shares(successes, trials)
    assert found is not None
    assert found.named(1) == found.named(-1) == []
    assert found.high - found.low < 0.01
    share = successes / trials
    plain = np.abs(share - 0.12) > 1.96 * np.sqrt(0.12 * 0.88 / trials)
    assert plain.sum() > 300


def test_too_few_groups_have_no_distribution_of_their_own() -> None:
    assert many_shares([1] * (FEWEST_MANY - 1), [10] * (FEWEST_MANY - 1)) is None


@pytest.mark.parametrize(("successes", "trials"), [(1, 0), (-1, 5), (6, 5)])
def test_impossible_groups_are_refused(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="0 <= successes <= trials"):
        many_shares([successes] * FEWEST_MANY, [trials] * FEWEST_MANY)
