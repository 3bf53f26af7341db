"""Intervals that hold at every look: confidence sequences, clustered by café and day.

A 95 % interval promises to contain the truth on one planned day. Read every day until it excludes the target, it is
wrong far more often. A confidence sequence contains the truth on all days at once with 95 %, so it may be read daily
and acted upon at any time.

Somebody bets against a share q, one café-day after the other: a stake on the share p multiplies the capital by
1 + (p - q) / (q (1 - q)) * (successes - q * trials) / most, with `most` the trials of the largest café-day. If q is
the truth, no stakes earn anything on average, so capital 1 reaches 20 with a probability of at most 1/20 (Ville). The
capital is spread over the stakes uniformly; the sequence is made of all q against which it has not reached 20. No
variance is estimated: whatever guests of one café-day have in common, an all-or-nothing day included, is covered. With
one guest a café-day this is the beta-binomial mixture, which the tests compare with `ville.BernoulliCS`.

Sources: Robbins, Annals of Mathematical Statistics 41 (1970), 1397-1409; Waudby-Smith and Ramdas, "Estimating means of
bounded random variables by betting", JRSS B 86 (2024), 1-27; Howard, Ramdas, McAuliffe and Sekhon, Annals of Statistics
49 (2021), 1055-1080.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from math import log

import numpy as np
from scipy.special import logsumexp

from pipelines.statistics.clustered import Cluster, Interval, ratio, share_interval
from pipelines.statistics.intervals import CONFIDENCE, quantile_rank

STAKES = 128
MOST_GROUPS = 400  # more café-days are bet on in groups of consecutive ones
HALVINGS = 40  # each end of an interval is then exact to 12 digits
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(STAKES)
_SHARES, _LOG_WEIGHTS = (_NODES + 1) / 2, np.log(_WEIGHTS / 2)


def rejects(share: float, clusters: Sequence[Cluster]) -> bool:
    """Return whether a share between 0 and 1 is outside the confidence sequence of these clusters."""
    top, bottom = np.array(_groups(clusters), dtype=float).T
    gains = (top - share * bottom) / bottom.max()
    stakes = (_SHARES - share) / (share * (1 - share))
    capital = logsumexp(_LOG_WEIGHTS + np.log1p(np.outer(gains, stakes)).sum(axis=0))
    return bool(capital >= -log(1 - CONFIDENCE))


def anytime_share(clusters: Sequence[Cluster]) -> Interval:
    """Return the interval of a share that holds at every look.

    Args:
        clusters: Successes and trials of each café-day in order; those without trials are ignored.

    Raises:
        ValueError: there are no trials.
    """
    found = ratio(clusters)
    if found.value is None:
        raise ValueError("a share of no trials has no interval")
    low = 0.0 if found.value == 0 else _edge(clusters, outer=0.0, inner=found.value)
    high = 1.0 if found.value == 1 else _edge(clusters, outer=1.0, inner=found.value)
    return Interval(low, high, share_interval(found).design_effect)


def anytime_quantile(clusters: Sequence[Sequence[float]], quantile: float) -> tuple[float, Interval]:
    """Return a quantile of all values, and its interval that holds at every look.

    The true quantile has the share `quantile` of all values at or below it: the interval holds every value of which
    the share at or below it does not reject `quantile`.

    Args:
        clusters: The values of each café-day in order, infinite for a missing answer; at least one value in total.
        quantile: Between 0 and 1.
    """
    each = [np.sort(np.array(values, dtype=float)) for values in clusters if len(values)]
    ordered = np.sort(np.concatenate(each))
    rank = quantile_rank(quantile, len(ordered))

    def outside(value: float) -> bool:
        return rejects(quantile, [(float(np.searchsorted(one, value, side="right")), len(one)) for one in each])

    value = float(ordered[rank - 1])
    # Before the first value no share is below; if even that does not reject, the lower end is open.
    open_below = not outside(-np.inf)
    low = bisect.bisect_left(ordered[:rank], True, key=lambda one: not outside(one))
    high = bisect.bisect_left(ordered, True, lo=rank - 1, key=outside)
    below = ratio([(float(np.searchsorted(one, value, side="right")), len(one)) for one in each])
    return value, Interval(
        low=None if open_below else float(ordered[low]),
        high=float(ordered[high]) if high < len(ordered) else None,
        design_effect=share_interval(below).design_effect,
    )


def _groups(clusters: Sequence[Cluster]) -> list[Cluster]:
    """Return the clusters with trials, summed in groups of consecutive ones if there are too many."""
    some = [(top, bottom) for top, bottom in clusters if bottom > 0]
    size = -(-len(some) // MOST_GROUPS)
    if size <= 1:
        return some
    parts = [some[start : start + size] for start in range(0, len(some), size)]
    return [(sum(top for top, _ in part), sum(bottom for _, bottom in part)) for part in parts]


def _edge(clusters: Sequence[Cluster], *, outer: float, inner: float) -> float:
    """Return where a share stops being rejected, between an end of the scale and the observed share."""
    for _ in range(HALVINGS):
        middle = (outer + inner) / 2
        outer, inner = (middle, inner) if rejects(middle, clusters) else (outer, middle)
    return outer
