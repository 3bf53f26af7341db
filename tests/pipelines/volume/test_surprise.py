"""The tails of the negative binomial, against scipy's own distribution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipelines.volume.surprise import at_least, at_most


def one(value: float) -> np.ndarray:
    return np.array([value])


@given(count=st.integers(0, 400), mean=st.floats(0.05, 300), dispersion=st.floats(0.01, 0.5))
def test_both_tails_are_scipys(count: int, mean: float, dispersion: float) -> None:
    size, share = 1 / dispersion, 1 / (1 + dispersion * mean)
    few = at_most(one(count), means=one(mean), dispersion=one(dispersion))[0]
    many = at_least(one(count), means=one(mean), dispersion=one(dispersion))[0]
    assert few == pytest.approx(stats.nbinom.cdf(count, size, share), rel=1e-6, abs=1e-12)
    assert many == pytest.approx(stats.nbinom.sf(count - 1, size, share), rel=1e-6, abs=1e-12)


def test_next_to_no_dispersion_is_poissons_distribution() -> None:
    few = at_most(one(3), means=one(10.0), dispersion=one(1e-9))[0]
    assert few == pytest.approx(stats.poisson.cdf(3, 10.0), rel=1e-4)


def test_nothing_where_nothing_was_expected_is_no_surprise() -> None:
    assert at_most(one(0), means=one(0.0), dispersion=one(0.05))[0] == pytest.approx(1.0)
    assert at_least(one(0), means=one(0.0), dispersion=one(0.05))[0] == 1.0
    assert at_least(one(1), means=one(0.0), dispersion=one(0.05))[0] < 1e-6
