"""How surprising a number of feedbacks is: the tails of the negative binomial distribution.

Feedbacks of one day are more alike than chance alone would have it, because days differ: a count's variance is its mean
plus `dispersion` times the mean's square, where the dispersion is the square of a day's own spread as a share.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEAST_MEAN = 1e-9


def at_most(counts: Floats, *, means: Floats, dispersion: Floats) -> Floats:
    """Return the chance of so few, or fewer.

    P(X <= k) = I_p(r, k + 1), with r = 1 / dispersion and p = 1 / (1 + dispersion * mean).
    Source: Johnson, Kemp, Kotz, Univariate Discrete Distributions, 3rd ed., section 5.6.
    """
    from scipy.special import betainc  # lazily: it takes a fifth of a second, and only a rebuild asks

    share = 1 / (1 + dispersion * np.maximum(means, LEAST_MEAN))
    chance: Floats = betainc(1 / dispersion, counts + 1, share)
    return chance


def at_least(counts: Floats, *, means: Floats, dispersion: Floats) -> Floats:
    """Return the chance of so many, or more; 1 for none."""
    from scipy.special import betainc

    share = 1 / (1 + dispersion * np.maximum(means, LEAST_MEAN))
    # Not as 1 less the other tail: a rare event would be lost to rounding.
    chance: Floats = np.where(counts > 0, betainc(np.maximum(counts, 1), 1 / dispersion, 1 - share), 1.0)
    return chance
