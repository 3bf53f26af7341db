"""Intervals against published values."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.statistics.intervals import (
    TAIL,
    quantile_interval,
    quantile_rank,
    quantile_ranks,
    wilson,
)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [  # Newcombe (1998), Statistics in Medicine 17, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_values(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson(successes, trials) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(trials=st.integers(1, 5000), share=st.floats(0, 1))
def test_wilson_holds_its_share_and_mirrors(trials: int, share: float) -> None:
    successes = round(trials * share)
    low, high = wilson(successes, trials)
    assert 0 <= low <= successes / trials <= high <= 1
    mirrored = wilson(trials - successes, trials)
    assert (1 - mirrored[1], 1 - mirrored[0]) == (pytest.approx(low, abs=1e-12), pytest.approx(high, abs=1e-12))


@pytest.mark.parametrize(("successes", "trials"), [(1, 0), (3, 2), (-1, 4)])
def test_wilson_refuses_what_is_no_share(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="successes"):
        wilson(successes, trials)


@pytest.mark.parametrize(
    ("quantile", "count", "ranks"),
    [  # the median: the classic table of the sign test's interval, for example Conover, table A3; n = 10, 20, 30
        (0.5, 5, (None, None)),
        (0.5, 6, (1, 6)),
        (0.5, 10, (2, 9)),
        (0.5, 20, (6, 15)),
        (0.5, 30, (10, 21)),
    ],
)
def test_the_medians_interval_is_the_published_one(quantile: float, count: int, ranks: tuple) -> None:
    assert quantile_ranks(quantile, count) == ranks


def test_the_upper_end_of_a_p95_needs_72_values() -> None:
    assert quantile_ranks(0.95, 71)[1] is None
    assert quantile_ranks(0.95, 72)[1] == 72


@given(count=st.integers(1, 400), quantile=st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_each_tail_holds_at_most_its_share_by_direct_summation(count: int, quantile: float) -> None:
    def below(rank: int) -> float:  # P(B < rank), summed with exact binomial coefficients
        return sum(math.comb(count, k) * quantile**k * (1 - quantile) ** (count - k) for k in range(rank))

    low, high = quantile_ranks(quantile, count)
    if low is not None:
        assert below(low) <= TAIL + 1e-9
        assert below(low + 1) > TAIL - 1e-9
    if high is not None:
        assert 1 - below(high) <= TAIL + 1e-9
        assert high == 1 or 1 - below(high - 1) > TAIL - 1e-9
    else:
        assert 1 - below(count) > TAIL - 1e-9


@given(values=st.lists(st.floats(0, 100) | st.just(math.inf), min_size=1, max_size=120))
def test_an_interval_holds_the_quantile(values: list[float]) -> None:
    value = sorted(values)[quantile_rank(0.95, len(values)) - 1]
    low, high = quantile_interval(values, 0.95)
    assert low is None or low <= value
    assert high is None or value <= high
    assert sum(each <= value for each in values) >= 0.95 * len(values) - 1e-6
