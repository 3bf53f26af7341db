"""An unchanged share is said to have changed about as seldom as the confidence level promises."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.statistics.clustered import difference, ratio, share_difference


def days(random: np.random.Generator, count: int, *, share: float, spread: float) -> list[tuple[float, float]]:
    found = []
    for _ in range(count):
        guests = int(random.integers(40, 90))
        own = share if not spread else random.beta(share / spread, (1 - share) / spread)
        found.append((int(random.binomial(guests, own)), guests))
    return found


@pytest.mark.parametrize("spread", [0.0, 0.01, 0.03])
def test_an_unchanged_share_is_rarely_said_to_have_changed(spread: float) -> None:
    random = np.random.default_rng(20261130)
    claims = {"plain": 0, "shares": 0}
    for _ in range(1500):
        after, before = (ratio(days(random, count, share=0.3, spread=spread)) for count in (7, 28))
        for name, compare in (("plain", difference), ("shares", share_difference)):
            found = compare(after, before)
            assert found is not None
            claims[name] += not found[1] <= 0 <= found[2]
    assert claims["shares"] / 1500 <= 0.055
    assert claims["plain"] > claims["shares"]


def test_a_real_change_is_found_and_none_is_said_of_equal_certain_shares() -> None:
    random = np.random.default_rng(7)
    after, before = ratio(days(random, 7, share=0.5, spread=0.0)), ratio(days(random, 28, share=0.3, spread=0.0))
    found = share_difference(after, before)
    assert found is not None and found[1] > 0
    always = ratio([(50, 50)] * 7)
    assert share_difference(always, always) == (0.0, 0.0, 0.0)
    assert share_difference(ratio([(1, 2)] * 2), always) is None
