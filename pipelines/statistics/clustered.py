"""Ratios and quantiles over many days, with intervals clustered by café and day.

Guests of one café on one day are correlated. A figure is the sum of its clusters' numerators divided by the sum of
their denominators. Its variance is the clusters' variance around it (the linearised ratio estimator; Cochran, Sampling
Techniques, 3rd ed., section 6.3). A share's interval is Wilson's with the effective number of trials, as Dean and
Pagano recommend for clustered shares (Journal of Survey Statistics and Methodology 3, 2015); a quantile's inverts that
of the share below it (Woodruff, JASA 47, 1952).
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from scipy.special import stdtrit

from pipelines.statistics.intervals import CONFIDENCE, quantile_rank, quantile_ranks, wilson

FEWEST_CLUSTERS = 5  # fewer days do not allow an estimate of their variance
LEAST_SHARE_OF_TRIALS = 1e-9

Cluster = tuple[float, float]  # numerator, denominator


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio over clusters.

    Attributes:
        numerator: The sum of the clusters' numerators.
        denominator: The sum of the clusters' denominators.
        clusters: Their number.
        variance: The ratio's variance between clusters; None with fewer than two.
    """

    numerator: float
    denominator: float
    clusters: int
    variance: float | None

    @property
    def value(self) -> float | None:
        """Return the ratio; None without a denominator."""
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval; an unknown end is None."""

    low: float | None
    high: float | None
    design_effect: float


def ratio(clusters: Sequence[Cluster]) -> Ratio:
    """Return the ratio of some clusters; those without a denominator are ignored."""
    some = [(top, bottom) for top, bottom in clusters if bottom > 0]
    top, bottom, count = sum(each[0] for each in some), sum(each[1] for each in some), len(some)
    if count < 2:
        return Ratio(top, bottom, count, None)
    value = top / bottom
    spread = math.fsum((part - value * among) ** 2 for part, among in some)
    return ratio_from(top, bottom, count, spread)


def ratio_from(numerator: float, denominator: float, clusters: int, spread: float) -> Ratio:
    """Return the ratio of clusters from their sums.

    Args:
        numerator: The sum of their numerators.
        denominator: The sum of their denominators, each above zero.
        clusters: Their number.
        spread: The sum of the squares of (numerator - value * denominator) of each.
    """
    if clusters < 2:
        return Ratio(numerator, denominator, clusters, None)
    return Ratio(numerator, denominator, clusters, clusters / (clusters - 1) * spread / denominator**2)


def share_interval(found: Ratio) -> Interval:
    """Return the 95 % interval of a share, never narrower than the one for independent trials.

    Raises:
        ValueError: there are no trials.
    """
    value = found.value
    if value is None:
        raise ValueError("a share of no trials has no interval")
    effect = _design_effect(found)
    effective = _effective(found, effect)
    low, high = wilson(value * effective, effective)
    return Interval(low, high, effect)


def value_interval(found: Ratio) -> Interval | None:
    """Return a ratio's 95 % interval by Student's t, for no share; None with too few clusters."""
    if found.value is None or found.variance is None or found.clusters < FEWEST_CLUSTERS:
        return None
    reach = _student_t(CONFIDENCE, found.clusters - 1) * math.sqrt(found.variance)
    return Interval(found.value - reach, found.value + reach, 1.0)


def effective_trials(found: Ratio) -> float:
    """Return the number of independent trials that a share of clustered trials is worth.

    Raises:
        ValueError: there are no trials.
    """
    if found.value is None:
        raise ValueError("a share of no trials has no effective number of them")
    return _effective(found, _design_effect(found))


def quantile_of(clusters: Sequence[Sequence[float]], quantile: float) -> tuple[float, Interval]:
    """Return a quantile of all values, and its 95 % interval by their order.

    Args:
        clusters: The values of each café-day, infinite for a missing answer; at least one value in total.
        quantile: Between 0 and 1.
    """
    ordered = sorted(value for cluster in clusters for value in cluster)
    value = ordered[quantile_rank(quantile, len(ordered)) - 1]
    below = ratio([(bisect.bisect_right(sorted(each), value), len(each)) for each in clusters])
    effect = _design_effect(below)
    effective = max(1, math.floor(_effective(below, effect)))
    low, high = quantile_ranks(quantile, effective)
    scale = len(ordered) / effective
    return value, Interval(
        low=ordered[math.floor((low - 1) * scale)] if low else None,
        high=ordered[min(len(ordered), math.ceil(high * scale)) - 1] if high else None,
        design_effect=effect,
    )


def difference(after: Ratio, before: Ratio, *, confidence: float = CONFIDENCE) -> tuple[float, float, float] | None:
    """Return the difference of two ratios that are no shares, with its interval; None if days are few.

    Two shares are compared by `share_difference`, which is wrong less often.

    Args:
        after: The later ratio.
        before: The earlier ratio.
        confidence: The interval's confidence level.
    """
    if min(after.clusters, before.clusters) < FEWEST_CLUSTERS or after.value is None or before.value is None:
        return None
    spread = math.sqrt((after.variance or 0.0) + (before.variance or 0.0))
    reach = _student_t(confidence, after.clusters + before.clusters - 2) * spread
    apart = after.value - before.value
    return apart, apart - reach, apart + reach


def share_difference(
    after: Ratio, before: Ratio, *, confidence: float = CONFIDENCE
) -> tuple[float, float, float] | None:
    """Return the difference of two shares and its interval; None if there are too few days.

    The variance between a week's days is itself uncertain, and small by chance: each is at least that of independent
    trials, and the degrees of freedom are Welch's (Biometrika 34, 1947), mostly those of the shorter period.

    Args:
        after: The later share.
        before: The earlier share.
        confidence: The interval's confidence level.
    """
    if min(after.clusters, before.clusters) < FEWEST_CLUSTERS or after.value is None or before.value is None:
        return None
    spreads = [
        max(each.variance or 0.0, value * (1 - value) / each.denominator)
        for each, value in ((after, after.value), (before, before.value))
    ]
    apart, total = after.value - before.value, sum(spreads)
    if not total:
        return apart, apart, apart
    degrees = total**2 / sum(
        spread**2 / (each.clusters - 1) for spread, each in zip(spreads, (after, before), strict=True)
    )
    reach = float(stdtrit(degrees, 1 - (1 - confidence) / 2)) * math.sqrt(total)
    return apart, apart - reach, apart + reach


def _student_t(confidence: float, degrees: int) -> float:
    """Return the quantile of Student's t for a two-sided confidence."""
    return float(stdtrit(degrees, 1 - (1 - confidence) / 2))


def _design_effect(found: Ratio) -> float:
    value = found.value or 0.0
    independent = value * (1 - value) / found.denominator
    if found.variance is None or independent <= 0:
        return 1.0
    return max(1.0, found.variance / independent)


def _effective(found: Ratio, effect: float) -> float:
    """Return the effective number of trials, adjusted for few clusters (Korn and Graubard 1998)."""
    if found.clusters < 2:
        return found.denominator
    allowance = _student_t(CONFIDENCE, found.clusters - 1) / NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / 2)
    return max(found.denominator / effect / allowance**2, LEAST_SHARE_OF_TRIALS)
