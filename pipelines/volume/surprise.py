"""Tail probabilities of feedback counts, by the negative binomial distribution.

Days differ, so counts vary more than by chance: a count's variance is its mean plus `dispersion` times the mean's
square; the dispersion is the squared relative standard deviation of a day's level.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEAST_MEAN = 1e-9


def at_most(counts: Floats, *, means: Floats, dispersion: Floats) -> Floats:
    """Return the probability of `counts` or fewer.

    P(X <= k) = I_p(r, k + 1), with r = 1 / dispersion and p = 1 / (1 + dispersion * mean).
    Source: Johnson, Kemp, Kotz, Univariate Discrete Distributions, 3rd ed., section 5.6.
    """
    from scipy.special import betainc  # lazily: the import takes a fifth of a second, and only rebuilds need it

    share = 1 / (1 + dispersion * np.maximum(means, LEAST_MEAN))
    chance: Floats = betainc(1 / dispersion, counts + 1, share)
    return chance


def at_least(counts: Floats, *, means: Floats, dispersion: Floats) -> Floats:
    """Return the probability of `counts` or more; 1 for a count of 0."""
    from scipy.special import betainc

    share = 1 / (1 + dispersion * np.maximum(means, LEAST_MEAN))
    # Not 1 minus the other tail, which would lose rare events to rounding.
    chance: Floats = np.where(counts > 0, betainc(np.maximum(counts, 1), 1 / dispersion, 1 - share), 1.0)
    return chance
