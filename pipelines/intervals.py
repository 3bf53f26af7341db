"""Intervals: how far a figure may be from the truth behind it, at 95 %."""

from __future__ import annotations

import functools
import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
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
    low, high = _wilson(successes / trials, trials)
    return (0.0 if successes == 0 else low), (1.0 if successes == trials else high)


def _wilson(share: float, trials: float) -> tuple[float, float]:
    spread = Z * math.sqrt(share * (1 - share) / trials + Z**2 / (4 * trials**2))
    centre = share + Z**2 / (2 * trials)
    scale = 1 + Z**2 / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def quantile_rank(quantile: float, count: int) -> int:
    """Return which of `count` sorted values is the quantile (from 1): the smallest with that share at or below it."""
    return max(1, math.ceil(quantile * count - 1e-9))


@functools.cache
def quantile_ranks(quantile: float, count: int) -> tuple[int | None, int | None]:
    """Return the ranks (from 1) of the sorted values between which the true quantile lies.

    The number of values below the true quantile is binomial(count, quantile), whatever the values' distribution; each
    tail holds at most 2.5 %. A rank is None where too few values were seen to bound that side: the upper end of a p95
    needs 72 of them.

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
    """Return the interval of a quantile of `values` by their order; an end that cannot be known is None."""
    ordered = sorted(values)
    low, high = quantile_ranks(quantile, len(ordered))
    return (ordered[low - 1] if low else None, ordered[high - 1] if high else None)


def t_quantile(degrees: int) -> float:
    """Return the two-sided quantile of Student's t at the confidence used here.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5; within 0.004 from 3 degrees on. One and
    two degrees have closed forms.

    Raises:
        ValueError: no degrees of freedom.
    """
    if degrees < 1:
        raise ValueError(f"expected a degree of freedom or more, found {degrees}")
    if degrees == 1:
        return math.tan(math.pi * (0.5 - TAIL))
    if degrees == 2:
        return (1 - 2 * TAIL) * math.sqrt(2 / (4 * TAIL * (1 - TAIL)))
    terms = (
        (Z**3 + Z) / 4,
        (5 * Z**5 + 16 * Z**3 + 3 * Z) / 96,
        (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / 384,
        (79 * Z**9 + 776 * Z**7 + 1482 * Z**5 - 1920 * Z**3 - 945 * Z) / 92_160,
    )
    return Z + math.fsum(term / float(degrees) ** power for power, term in enumerate(terms, 1))


def clustered_share(cells: Sequence[tuple[str, float, float]]) -> tuple[float, float] | None:
    """Return the interval of a share over days: guests of one café-day are more alike than chance would have it.

    The variance is the linearised one of a ratio, between the days of each café (the cafés are those of the pilot, not
    a sample of cafés). It gives the number of independent trials that would be as uncertain, never more than there
    were; the interval is Wilson's for that many, widened by Student's t for few days.

    Sources: Cochran, Sampling Techniques, 3rd ed., section 6.11 (the ratio in strata); Korn and Graubard, Survey
    Methodology 24 (1998), for the effective number and its t.

    Args:
        cells: The café, the numerator and the denominator of each café-day; one without a denominator tells nothing.

    Returns:
        The interval; None where too few days were seen: a café needs two.
    """
    told = [cell for cell in cells if cell[2] > 0]
    trials = sum(denominator for _, _, denominator in told)
    by_cafe: dict[str, list[tuple[float, float]]] = {}
    for cafe, numerator, denominator in told:
        by_cafe.setdefault(cafe, []).append((numerator, denominator))
    degrees = len(told) - len(by_cafe)
    if not told or any(len(days) < 2 for days in by_cafe.values()):
        return None
    share = sum(numerator for _, numerator, _ in told) / trials
    variance = 0.0
    for days in by_cafe.values():
        residuals = [numerator - share * denominator for numerator, denominator in days]
        mean = sum(residuals) / len(days)
        variance += len(days) / (len(days) - 1) * sum((each - mean) ** 2 for each in residuals)
    variance /= trials**2
    as_sure_as = trials if variance == 0 else min(trials, share * (1 - share) / variance)
    return _wilson(share, as_sure_as * (Z / t_quantile(degrees)) ** 2)


def clustered_quantile(
    cells: Sequence[tuple[str, Sequence[float]]], quantile: float
) -> tuple[float | None, float | None] | None:
    """Return the interval of a quantile of all values over days, as `clustered_share` does for a share.

    It holds every value that could be the quantile: where the interval of the share of values at or below it holds
    `quantile`. The share's variance is taken anew at each value, since on a slow day both move together.

    Sources: Woodruff, "Confidence intervals for medians and other position measures", JASA 47 (1952); Francisco and
    Fuller, "Quantile estimation with a complex survey design", Annals of Statistics 19 (1991), for the inverted test.

    Args:
        cells: The café and the values of each café-day; infinite ones count.
        quantile: Which one, for example 0.95.

    Returns:
        The interval, an end being None where it lies beyond what was seen; None where too few days were seen.
    """
    by_day = [(cafe, sorted(values)) for cafe, values in cells]
    ordered = sorted(value for _, values in by_day for value in values)

    def share_below(place: int) -> tuple[float, float] | None:
        return clustered_share([(cafe, bisect_right(days, ordered[place]), len(days)) for cafe, days in by_day])

    if not ordered or share_below(0) is None:
        return None
    places = range(len(ordered))
    first = bisect_left(places, quantile, key=lambda place: (share_below(place) or (0.0, 1.0))[1])
    last = bisect_right(places, quantile, key=lambda place: (share_below(place) or (0.0, 1.0))[0])
    return (ordered[first] if first > 0 else None, ordered[last] if last < len(ordered) else None)


def _binomial(successes: int, trials: int, share: float) -> float:
    log = (
        math.lgamma(trials + 1)
        - math.lgamma(successes + 1)
        - math.lgamma(trials - successes + 1)
        + successes * math.log(share)
        + (trials - successes) * math.log1p(-share)
    )
    return math.exp(log)
