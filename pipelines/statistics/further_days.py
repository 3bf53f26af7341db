"""What the data cannot tell: how many more days would decide, and what another café's figure could be."""

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy.special import expit, logit, stdtrit

from pipelines.statistics.intervals import TAIL

MOST_DAYS = 365  # beyond a year, "the same spread every day" is no assumption to plan with
FEWEST_CAFES = 3
SMALLEST_SHARE = 1e-6
ROUNDING = 1e-6  # days


def further_days(*, value: float, low: float, high: float, target: float, days: int) -> int | None:
    """Return how many more days would move an interval off the target; 0 if it excludes it already.

    Assumes that the value and the spread between café-days remain as they are, so that the interval narrows with the
    square root of the days. The result is an expectation: with one more day than this, about half of such pilots can
    tell. None if the value is on the target, or more than a year is needed.

    Args:
        value: The figure.
        low: The lower end of its interval.
        high: The upper end.
        target: The target.
        days: The days behind the figure.
    """
    if not low < target <= high:
        return 0
    distance = abs(value - target)
    reach = value - low if value >= target else high - value
    if distance == 0 or math.isinf(reach):
        return None
    needed = math.ceil(days * ((reach / distance) ** 2 - 1) - ROUNDING)
    return needed if needed <= MOST_DAYS else None


def another_cafe(shares: Sequence[float]) -> tuple[float, float] | None:
    """Return the 95 % prediction interval of one more café like these; None for fewer than three.

    The shares are taken as draws of a normal distribution in log-odds; with three cafés only two degrees of freedom
    remain, so the interval is wide. Source: Hahn and Meeker, Statistical Intervals (1991), section 4.7.

    Args:
        shares: One share a café, each counted once.
    """
    count = len(shares)
    if count < FEWEST_CAFES:
        return None
    odds = [float(logit(min(max(share, SMALLEST_SHARE), 1 - SMALLEST_SHARE))) for share in shares]
    mean = sum(odds) / count
    deviation = math.sqrt(sum((each - mean) ** 2 for each in odds) / (count - 1))
    reach = float(stdtrit(count - 1, 1 - TAIL)) * deviation * math.sqrt(1 + 1 / count)
    return float(expit(mean - reach)), float(expit(mean + reach))
