"""Cafés drawn towards each other, recomputed by integrating each model over a fine grid of its own.

The models are those of Gelman et al., Bayesian Data Analysis, 3rd ed., sections 5.3 (shares) and 5.4 (means).
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from scipy import stats
from scipy.special import betaln

from proving.analytics import arithmetic
from proving.analytics.arithmetic import Counts

STEPS = 120
SIZES = (0.5, 1e6)
LEAST_ERROR = 1e-3


@cache
def shrunk_shares(groups: tuple[Counts, ...]) -> list[tuple[float, float, float]]:
    """Return each group's share and interval under a beta distribution of the groups' shares."""
    trials = [arithmetic.effective(counts) for counts in groups]
    shares = [sum(top for top, _ in counts) / sum(bottom for _, bottom in counts) for counts in groups]
    top = np.array([share * each for share, each in zip(shares, trials, strict=True)])
    bottom = np.array(trials)
    odds = np.log((top + 0.5) / (bottom - top + 0.5))
    pooled = (top.sum() + 0.5) / (bottom.sum() + 1)
    middle = math.log(pooled / (1 - pooled))
    error = 1 / math.sqrt((bottom.sum() + 1) * pooled * (1 - pooled)) + odds.std() / math.sqrt(len(groups))
    reach = max(1.5, 6 * error)
    means = 1 / (1 + np.exp(-np.linspace(middle - reach, middle + reach, STEPS)))
    sizes = np.geomspace(*SIZES, STEPS)
    mean, size = (each.ravel() for each in np.meshgrid(means, sizes))
    a, b = mean * size, (1 - mean) * size
    log = np.log(a) + np.log(b) - 2.5 * np.log(size)
    for won, all_ in zip(top, bottom, strict=True):
        log += betaln(a + won, b + all_ - won) - betaln(a, b)
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    found = []
    for won, all_ in zip(top, bottom, strict=True):
        mean, trials_ = (a + won) / (size + all_), size + all_
        at = float(weight @ mean)
        variance = float(weight @ (mean * (1 - mean) / (trials_ + 1) + (mean - at) ** 2))
        total = at * (1 - at) / variance - 1
        low, high = stats.beta.ppf([0.025, 0.975], at * total, (1 - at) * total)
        found.append((at, float(low), float(high)))
    return found


@cache
def shrunk_means(groups: tuple[Counts, ...]) -> list[tuple[float, float, float]]:
    """Return each group's mean and interval under a normal distribution of the groups' means."""
    values = np.array([sum(top for top, _ in counts) / sum(bottom for _, bottom in counts) for counts in groups])
    errors = np.array(
        [
            max(math.sqrt(arithmetic.spread(counts) or 0.0), LEAST_ERROR * abs(value), LEAST_ERROR)
            for counts, value in zip(groups, values, strict=True)
        ]
    )
    widest = 5 * (float(np.ptp(values)) + float(np.median(errors)))
    weights, means, variances = [], [], []
    for between in np.linspace(0, widest, 5 * STEPS):
        total = errors**2 + between**2
        centre = float((values / total).sum() / (1 / total).sum())
        density = stats.norm.logpdf(values, centre, np.sqrt(total)).sum() - 0.5 * math.log((1 / total).sum())
        pulled = errors**2 / total
        weights.append(density)
        means.append((1 - pulled) * values + pulled * centre)
        variances.append(pulled * between**2 + pulled**2 / (1 / total).sum())
    weight = np.exp(np.array(weights) - max(weights))
    weight /= weight.sum()
    mean = weight @ np.array(means)
    deviation = np.sqrt(weight @ (np.array(variances) + (np.array(means) - mean) ** 2))
    reach = arithmetic.Z * deviation
    return [(float(at), float(at - by), float(at + by)) for at, by in zip(mean, reach, strict=True)]
