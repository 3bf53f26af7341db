"""Shares of thousands of groups: each drawn towards all others, and the few that surely differ.

The model is that of `pipelines.statistics.shrinkage` (beta-binomial). With hundreds of groups the data determine the
distribution between groups so well that its best value is used instead of an average over a grid; the tests compare
both. Groups are named as different so that of the named ones an expected 2.5 % is wrong (the Bayesian false discovery
rate; Newton et al., Biostatistics 5, 2004), however many groups there are. A 95 % interval each would name hundreds of
ten thousand equal groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import betainc, betaincinv, betaln, expit, logit

from pipelines.statistics.intervals import TAIL

FEWEST_MANY = 13  # groups; with fewer, their whole posterior is averaged
WRONGLY_NAMED = 0.025  # of those named on either side
LEAST_DIFFERENCE = 0.01  # from the centre: of a large group the smallest difference is certain, and unimportant
LOG_SIZES = (-1.0, 16.0)  # the range of the prior's size, logarithmic

Array = Any  # numpy.ndarray of floats


@dataclass(frozen=True, slots=True)
class ManyShares:
    """The groups' shares after shrinkage, and the distribution between groups.

    Attributes:
        centre: The mean of the groups' distribution.
        low: The share below which 2.5 % of the groups' true shares are.
        high: The share above which 2.5 % are.
        values: Each group's share.
        lows: The lower end of each group's 95 % credible interval.
        highs: The upper end.
        first: The first parameter of each group's posterior.
        second: The second one.
    """

    centre: float
    low: float
    high: float
    values: Array
    lows: Array
    highs: Array
    first: Array
    second: Array

    def below(self, share: float) -> Array:
        """Return the probability of each group's true share to be below a share."""
        return betainc(self.first, self.second, share)

    def named(self, side: int) -> list[int]:
        """Return the groups that are above (1) or below (-1) the centre, the most certain first.

        A group is above only if it exceeds the centre by LEAST_DIFFERENCE.
        """
        wrong = (
            self.below(self.centre + LEAST_DIFFERENCE) if side > 0 else 1 - self.below(self.centre - LEAST_DIFFERENCE)
        )
        order = np.lexsort((-side * self.values, wrong))
        expected = np.cumsum(wrong[order]) / np.arange(1, len(order) + 1)
        return [int(each) for each in order[: int(np.searchsorted(expected, WRONGLY_NAMED, side="right"))]]


def many_shares(successes: Array, trials: Array) -> ManyShares | None:
    """Return the shares of many groups; None with too few.

    Args:
        successes: The successes of each group; effective numbers need not be whole.
        trials: Its trials.

    Raises:
        ValueError: a group without trials, or with more successes than trials.
    """
    top, bottom = np.asarray(successes, dtype=float), np.asarray(trials, dtype=float)
    if bool(np.any(bottom <= 0) or np.any(top < 0) or np.any(top > bottom)):
        raise ValueError("each group needs 0 <= successes <= trials and trials > 0")
    if len(top) < FEWEST_MANY:
        return None
    alpha, beta = _between_groups(top, bottom)
    first, second = alpha + top, beta + bottom - top
    return ManyShares(
        centre=alpha / (alpha + beta),
        low=float(betaincinv(alpha, beta, TAIL)),
        high=float(betaincinv(alpha, beta, 1 - TAIL)),
        values=first / (first + second),
        lows=betaincinv(first, second, TAIL),
        highs=betaincinv(first, second, 1 - TAIL),
        first=first,
        second=second,
    )


def _between_groups(top: Array, bottom: Array) -> tuple[float, float]:
    """Return the parameters of the beta distribution of the groups' shares with the highest posterior."""
    pooled = float((top.sum() + 0.5) / (bottom.sum() + 1))

    def cost(at: Array) -> float:
        size = np.exp(np.clip(at[1], *LOG_SIZES))
        alpha = expit(at[0]) * size
        beta = size - alpha
        likelihood = betaln(alpha + top, beta + bottom - top).sum() - len(top) * betaln(alpha, beta)
        # The prior of `shrinkage`, on the logarithmic scales: an unbounded size must not win by itself.
        return -float(likelihood + np.log(alpha) + np.log(beta) - 2.5 * np.log(size))

    found = minimize(cost, np.array([logit(pooled), np.log(50.0)]), method="Nelder-Mead", options={"xatol": 1e-5})
    size = float(np.exp(np.clip(found.x[1], *LOG_SIZES)))
    alpha = float(expit(found.x[0])) * size
    return alpha, size - alpha
