"""Fair comparison of groups: each figure is drawn towards the others as far as its data are few.

Both models are those of Gelman et al., Bayesian Data Analysis, 3rd ed.: shares as beta-binomial (section 5.3, with its
prior proportional to size**-2.5), means as normal with known errors (section 5.4, with a uniform prior of the spread
between groups). The parameters of the spread are averaged over their posterior on a grid instead of being fixed at
their best value, so that the intervals of a handful of groups allow for how little a handful says of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import betaincinv, betaln, expit, logit

from pipelines.statistics.intervals import TAIL, Z

MEAN_STEPS = 60
SPREAD_STEPS = 60
MEAN_REACH = 6.0  # half-width of the grid of means, in standard errors of the pooled share
LEAST_MEAN_REACH = 1.5  # the same in log-odds, at least
LEAST_SIZE, MOST_SIZE = 0.5, 1e6  # the prior counts as this many trials
MOST_SPREAD = 5.0  # upper end of the grid, as a multiple of the groups' spread and errors
FEWEST_GROUPS = 3  # the prior of the spread is improper below (section 5.4)

Array = Any  # numpy.ndarray of floats


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A group's figure after shrinkage, with its 95 % credible interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """All groups' figures.

    Attributes:
        centre: The mean of the groups' figures after shrinkage, each counted once.
        groups: The figures, in the order given.
    """

    centre: float
    groups: tuple[Shrunk, ...]

    @property
    def any_differ(self) -> bool:
        """Return whether the intervals of at least two groups do not overlap."""
        return max(one.low for one in self.groups) > min(one.high for one in self.groups)

    def side(self, index: int) -> int:
        """Return 1 or -1 if the whole interval of a group is above or below the centre; else 0."""
        one = self.groups[index]
        return (one.low > self.centre) - (one.high < self.centre)

    def alike(self, index: int) -> int:
        """Return the number of other groups whose intervals overlap that of this group."""
        mine = self.groups[index]
        return sum(one.low <= mine.high and mine.low <= one.high for one in self.groups) - 1


@dataclass(frozen=True, slots=True)
class SharePosterior:
    """The posterior of the distribution of shares, on a grid.

    Attributes:
        alphas: The first parameter of the beta distribution at each point.
        betas: The second one.
        weights: The probability of each point; they sum to 1.
    """

    alphas: Array
    betas: Array
    weights: Array


def compare_shares(trials: Sequence[tuple[float, float]]) -> Comparison | None:
    """Return the groups' shares, each drawn towards the mean of all; None with fewer than three groups.

    Args:
        trials: Successes and trials of each group; effective numbers need not be whole.

    Raises:
        ValueError: a group without trials, or with more successes than trials.
    """
    if any(number <= 0 or not 0 <= successes <= number for successes, number in trials):
        raise ValueError("each group needs 0 <= successes <= trials and trials > 0")
    if len(trials) < FEWEST_GROUPS:
        return None
    found = share_posterior(trials)
    top, bottom = np.array(trials, dtype=float).T
    groups = []
    for successes, number in zip(top, bottom, strict=True):
        alphas, betas = found.alphas + successes, found.betas + number - successes
        sizes = alphas + betas
        means = alphas / sizes
        mean = float(found.weights @ means)
        variance = float(found.weights @ (means * (1 - means) / (sizes + 1) + (means - mean) ** 2))
        groups.append(_beta_interval(mean, variance))
    return _comparison(groups)


def share_posterior(trials: Sequence[tuple[float, float]]) -> SharePosterior:
    """Return the posterior of the shares' distribution over mean and size, both on logarithmic scales."""
    top, bottom = np.array(trials, dtype=float).T
    pooled = (top.sum() + 0.5) / (bottom.sum() + 1)
    error = 1 / np.sqrt((bottom.sum() + 1) * pooled * (1 - pooled))
    between = np.std(logit((top + 0.5) / (bottom + 1))) / np.sqrt(len(trials))
    reach = max(LEAST_MEAN_REACH if len(trials) < 2 * MEAN_STEPS else 0.0, MEAN_REACH * float(error + between))
    means, sizes = np.meshgrid(
        expit(np.linspace(logit(pooled) - reach, logit(pooled) + reach, MEAN_STEPS)),
        np.exp(np.linspace(np.log(LEAST_SIZE), np.log(MOST_SIZE), SPREAD_STEPS)),
    )
    alphas, betas = (means * sizes).ravel(), ((1 - means) * sizes).ravel()
    log = np.log(alphas) + np.log(betas) - 2.5 * np.log(alphas + betas)  # the prior, with the grid's Jacobian
    for successes, number in zip(top, bottom, strict=True):
        log = log + betaln(alphas + successes, betas + number - successes) - betaln(alphas, betas)
    weights = np.exp(log - log.max())
    return SharePosterior(alphas, betas, weights / weights.sum())


def compare_means(estimates: Sequence[tuple[float, float]]) -> Comparison | None:
    """Return the groups' means, each drawn towards the mean of all; None with fewer than three groups.

    Args:
        estimates: The mean and its standard error of each group.

    Raises:
        ValueError: a standard error that is not positive.
    """
    if any(error <= 0 for _, error in estimates):
        raise ValueError("each group needs a positive standard error")
    if len(estimates) < FEWEST_GROUPS:
        return None
    values, errors = np.array(estimates, dtype=float).T
    widest = MOST_SPREAD * float(np.ptp(values) + np.median(errors))
    spreads = np.linspace(0.0, widest, SPREAD_STEPS * 4)[:, None]
    precision = 1 / (errors**2 + spreads**2)
    total = precision.sum(axis=1)
    centres = (precision @ values) / total
    log = 0.5 * (np.log(precision).sum(axis=1) - np.log(total))
    log -= 0.5 * (precision * (values - centres[:, None]) ** 2).sum(axis=1)
    weights = np.exp(log - log.max())
    weights /= weights.sum()
    kept = errors**2 / (errors**2 + spreads**2)  # the part taken from the centre
    means = (1 - kept) * values + kept * centres[:, None]
    variances = kept * spreads**2 + kept**2 / total[:, None]
    mean = weights @ means
    variance = weights @ (variances + (means - mean) ** 2)
    reach = Z * np.sqrt(variance)
    return _comparison([Shrunk(float(at), float(at - by), float(at + by)) for at, by in zip(mean, reach, strict=True)])


def _comparison(groups: Sequence[Shrunk]) -> Comparison:
    return Comparison(sum(one.value for one in groups) / len(groups), tuple(groups))


def _beta_interval(mean: float, variance: float) -> Shrunk:
    """Return the interval of the beta distribution with this mean and variance."""
    size = mean * (1 - mean) / variance - 1
    low, high = betaincinv(mean * size, (1 - mean) * size, [TAIL, 1 - TAIL])
    return Shrunk(mean, float(low), float(high))
