"""The chance that a share rose by luck alone, exact for small counts."""

from __future__ import annotations

import math


def rise_chance(count: int, trials: int, count_before: int, trials_before: int) -> float:
    """Return the one-sided chance of at least `count` of `trials` if the share is the same as before.

    Given the sum of both counts, the first is hypergeometric: Fisher's exact test, one-sided. Source: Fisher,
    Statistical Methods for Research Workers, section 21.02; Agresti, Categorical Data Analysis, 3rd ed., section 3.5.

    Raises:
        ValueError: a count is negative or above its trials.
    """
    if not (0 <= count <= trials and 0 <= count_before <= trials_before):
        raise ValueError(
            f"expected 0 <= counts <= trials, found {count} of {trials} and {count_before} of {trials_before}"
        )
    together = count + count_before
    most = min(together, trials)
    whole = _log_choose(trials + trials_before, together)
    tail = math.fsum(
        math.exp(_log_choose(trials, each) + _log_choose(trials_before, together - each) - whole)
        for each in range(max(count, together - trials_before), most + 1)
    )
    return min(1.0, tail)


def _log_choose(total: int, chosen: int) -> float:
    return math.lgamma(total + 1) - math.lgamma(chosen + 1) - math.lgamma(total - chosen + 1)
