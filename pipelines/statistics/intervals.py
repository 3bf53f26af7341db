"""95 % intervals of shares and quantiles of independent trials."""

from __future__ import annotations

import functools
import math
from statistics import NormalDist

CONFIDENCE = 0.95
TAIL = (1 - CONFIDENCE) / 2
Z = NormalDist().inv_cdf(1 - TAIL)


def wilson(successes: float, trials: float) -> tuple[float, float]:
    """Return the Wilson score interval of a share of independent trials.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927); method 3
    of Newcombe, Statistics in Medicine 17 (1998), whose table the tests use.

    Raises:
        ValueError: no trials, or more successes than trials.
    """
    if trials <= 0 or not 0 <= successes <= trials:
        raise ValueError(f"expected 0 <= successes <= trials and trials > 0, found {successes} of {trials}")
    share = successes / trials
    spread = Z * math.sqrt(share * (1 - share) / trials + Z**2 / (4 * trials**2))
    centre = share + Z**2 / (2 * trials)
    scale = 1 + Z**2 / trials
    low, high = max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
    return (0.0 if successes == 0 else low), (1.0 if successes == trials else high)


def quantile_rank(quantile: float, count: int) -> int:
    """Return the rank (from 1) of the first of `count` values with that share at or below it."""
    return max(1, math.ceil(quantile * count - 1e-9))


@functools.cache
def quantile_ranks(quantile: float, count: int) -> tuple[int | None, int | None]:
    """Return the ranks (from 1) of the sorted values between which the true quantile lies.

    The number of values below the true quantile is binomial(count, quantile), whatever the values' distribution; each
    tail holds at most 2.5 %. A rank is None if too few values bound that side: the upper end of a p95 needs
    72 of them.

    Source: Conover, Practical Nonparametric Statistics, 3rd ed., section 3.2; David and Nagaraja, Order Statistics,
    section 7.1.
    """
    low = high = None
    below = 0.0  # P(B <= rank - 1)
    for rank in range(1, count + 1):
        below += _binomial(rank - 1, count, quantile)
        if below <= TAIL:
            low = rank
        if 1 - below <= TAIL:
            high = rank
            break
    return low, high


def quantile_interval(values: list[float], quantile: float) -> tuple[float | None, float | None]:
    """Return the interval of a quantile of `values` by order statistics; an unknown end is None."""
    ordered = sorted(values)
    low, high = quantile_ranks(quantile, len(ordered))
    return (ordered[low - 1] if low else None, ordered[high - 1] if high else None)


def _binomial(successes: int, trials: int, share: float) -> float:
    log = (
        math.lgamma(trials + 1)
        - math.lgamma(successes + 1)
        - math.lgamma(trials - successes + 1)
        + successes * math.log(share)
        + (trials - successes) * math.log1p(-share)
    )
    return math.exp(log)
