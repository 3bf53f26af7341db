"""Intervals and comparisons recomputed from their formulas, for what SQL has no function.

Nothing here is shared with the pages: the sources of the formulas are in `pipelines/statistics`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm
from scipy.stats import t as student

Z = float(norm.ppf(0.975))
FEWEST_DAYS = 5
STAKES = 128
Counts = Sequence[tuple[float, float]]


def wilson(successes: float, trials: float) -> tuple[float, float]:
    """Return Wilson's interval as the roots of its quadratic equation."""
    share = successes / trials
    roots = np.roots([1 + Z**2 / trials, -(2 * share + Z**2 / trials), share**2])
    low, high = sorted(float(root.real) for root in roots)
    return (0.0 if successes == 0 else max(0.0, low)), (1.0 if successes == trials else min(1.0, high))


def spread(counts: Counts) -> float | None:
    """Return the variance of a ratio of sums between clusters; None with fewer than two."""
    top, bottom = _columns(counts)
    if len(bottom) < 2:
        return None
    value = top.sum() / bottom.sum()
    return float(((top - value * bottom) ** 2).sum() * len(bottom) / (len(bottom) - 1) / bottom.sum() ** 2)


def design_effect(counts: Counts) -> float:
    """Return how much wider clustering makes the variance of a share, at least 1."""
    top, bottom = _columns(counts)
    share, variance = top.sum() / bottom.sum(), spread(counts)
    alone = share * (1 - share) / bottom.sum()
    return max(1.0, variance / alone) if variance is not None and alone > 0 else 1.0


def effective(counts: Counts) -> float:
    """Return the trials that clustered trials are worth."""
    _, bottom = _columns(counts)
    if len(bottom) < 2:
        return float(bottom.sum())
    allowance = float(student.ppf(0.975, len(bottom) - 1)) / Z
    return max(float(bottom.sum()) / design_effect(counts) / allowance**2, 1e-9)


def share_ends(counts: Counts) -> tuple[float, float]:
    """Return the interval of a share of clustered trials."""
    top, bottom = _columns(counts)
    trials = effective(counts)
    return wilson(float(top.sum() / bottom.sum()) * trials, trials)


def anytime_ends(counts: Counts) -> tuple[float, float]:
    """Return the interval of a share that may be read daily, from the café-days in order.

    The capital of bets against a share, spread over 128 stakes as Gauss's rule weights them, as products of the plain
    probabilities of a mixture: the share of a stake among successes and among failures of the largest café-day.
    """
    top, bottom = _columns(counts)
    value, most = float(top.sum() / bottom.sum()), float(bottom.max())
    nodes, weights = np.polynomial.legendre.leggauss(STAKES)
    wins, losses, rest = top / most, (bottom - top) / most, 1 - bottom / most

    def capital(share: float) -> float:
        ratios = (1 + nodes) / 2 / share, (1 - nodes) / 2 / (1 - share)
        factors = np.outer(ratios[0], wins) + np.outer(ratios[1], losses) + rest[None, :]
        logs = np.log(factors).sum(axis=1)
        return float(logs.max() + np.log(weights / 2 @ np.exp(logs - logs.max()))) - math.log(20)

    low = 0.0 if value == 0 else float(brentq(capital, 1e-9, min(value, 1 - 1e-9), xtol=1e-13, rtol=1e-13))
    return low, 1.0 if value == 1 else float(brentq(capital, max(value, 1e-9), 1 - 1e-9, xtol=1e-13, rtol=1e-13))


def value_ends(counts: Counts) -> tuple[float | None, float | None]:
    """Return the interval of a ratio that is no share; none with too few clusters."""
    top, bottom = _columns(counts)
    variance = spread(counts)
    if variance is None or len(bottom) < FEWEST_DAYS:
        return None, None
    reach = float(student.ppf(0.975, len(bottom) - 1)) * math.sqrt(variance)
    value = float(top.sum() / bottom.sum())
    return value - reach, value + reach


def change(now: Counts, before: Counts, *, confidence: float) -> str:
    """Return whether a share is more, less or the same as before, by Welch's interval of the difference."""
    sides = []
    for counts in (now, before):
        top, bottom = _columns(counts)
        if len(bottom) < FEWEST_DAYS:
            return "too_few"
        share = float(top.sum() / bottom.sum())
        variance = max(spread(counts) or 0.0, share * (1 - share) / float(bottom.sum()))
        sides.append((share, variance, len(bottom)))
    (share, variance, days), (earlier, earlier_variance, earlier_days) = sides
    total, apart = variance + earlier_variance, share - earlier
    if total == 0:
        return "more" if apart > 0 else "less" if apart < 0 else "same"
    degrees = total**2 / (variance**2 / (days - 1) + earlier_variance**2 / (earlier_days - 1))
    reach = float(student.ppf((1 + confidence) / 2, degrees)) * math.sqrt(total)
    return "more" if apart - reach > 0 else "less" if apart + reach < 0 else "same"


def _columns(counts: Counts) -> tuple[np.ndarray, np.ndarray]:
    some = [(top, bottom) for top, bottom in counts if bottom > 0]
    return np.array([top for top, _ in some], dtype=float), np.array([bottom for _, bottom in some], dtype=float)
