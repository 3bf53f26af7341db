"""What became of a theme: its share of complaints in the week before a case, and in the week since."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import polars as pl
from scipy.special import stdtrit

from pipelines.cases.feedback_claims import DAYS_A_WEEK, complaints, counted, week_before
from pipelines.cases.proposals import FEWEST_FEEDBACKS
from pipelines.statistics.clustered import FEWEST_CLUSTERS
from pipelines.statistics.intervals import TAIL, wilson

Verdict = Literal["fewer", "more", "cannot_tell", "too_few"]


@dataclass(frozen=True, slots=True)
class Share:
    """Feedbacks that complain of a theme, among all of a week, with the 95 % interval."""

    complaints: int
    feedbacks: int
    low: float | None
    high: float | None

    @property
    def value(self) -> float | None:
        """Return the share; None without feedback."""
        return self.complaints / self.feedbacks if self.feedbacks else None


@dataclass(frozen=True, slots=True)
class Aftermath:
    """A theme's share before and after.

    Attributes:
        theme: The theme.
        before: Its share in the seven days before the case's week.
        after: Its share in the case's week.
        verdict: fewer, more, cannot_tell (the interval of the difference includes 0) or too_few feedbacks.
    """

    theme: str
    before: Share
    after: Share
    verdict: Verdict


def aftermath(feedback: pl.DataFrame, *, theme: str, week: date) -> Aftermath:
    """Return what became of a theme that was taken up in a week.

    Args:
        feedback: FEEDBACK_COLUMNS of one café, of the fourteen days from the week before the case's.
        theme: The theme.
        week: The Monday of the case's week.
    """
    first, last = week_before(week)
    before = _share(counted(feedback, first=first, last=last), theme)
    after = _share(counted(feedback, first=week, last=week + timedelta(days=DAYS_A_WEEK - 1)), theme)
    return Aftermath(theme, before, after, _verdict(before, after))


def difference_interval(before: Share, after: Share) -> tuple[float, float]:
    """Return the 95 % interval of the share after less the share before.

    Source: method 10 of Newcombe, Statistics in Medicine 17 (1998), 873-890: from the two Wilson intervals.

    Raises:
        ValueError: a share has no feedback.
    """
    if not before.feedbacks or not after.feedbacks:
        raise ValueError("expected feedback in both weeks, found a week without")
    p, q = before.complaints / before.feedbacks, after.complaints / after.feedbacks
    p_low, p_high = wilson(before.complaints, before.feedbacks)
    q_low, q_high = wilson(after.complaints, after.feedbacks)
    change = q - p
    down = ((q - q_low) ** 2 + (p_high - p) ** 2) ** 0.5
    up = ((q_high - q) ** 2 + (p - p_low) ** 2) ** 0.5
    return change - down, change + up


def pooled_difference(pairs: Sequence[tuple[Share, Share]]) -> tuple[float, float, float] | None:
    """Return the share after less the share before over many cases, with its 95 % interval.

    It is clustered by case: both shares are ratios of the cases' sums, and the difference's variance is that of the
    cases' residuals (as `pipelines.statistics.clustered`), because the two weeks of one café are alike.

    Args:
        pairs: The shares before and after of each case.

    Returns:
        The difference and its ends; None with too few cases, or without feedback in either week.
    """
    before_all, after_all = (sum(pair[end].feedbacks for pair in pairs) for end in (0, 1))
    if len(pairs) < FEWEST_CLUSTERS or not before_all or not after_all:
        return None
    before_share, after_share = (
        sum(pair[end].complaints for pair in pairs) / every for end, every in ((0, before_all), (1, after_all))
    )
    residuals = [
        (after.complaints - after_share * after.feedbacks) / after_all
        - (before.complaints - before_share * before.feedbacks) / before_all
        for before, after in pairs
    ]
    count = len(pairs)
    reach = float(stdtrit(count - 1, 1 - TAIL)) * math.sqrt(count / (count - 1) * math.fsum(e * e for e in residuals))
    change = after_share - before_share
    return change, change - reach, change + reach


def share_of(complained: int, feedbacks: int) -> Share:
    """Return the share of the feedbacks that complain, with its interval."""
    low, high = wilson(complained, feedbacks) if feedbacks else (None, None)
    return Share(complained, feedbacks, low, high)


def _share(feedback: pl.DataFrame, theme: str) -> Share:
    return share_of(len(complaints(feedback).get(theme, ())), feedback.height)


def _verdict(before: Share, after: Share) -> Verdict:
    if min(before.feedbacks, after.feedbacks) < FEWEST_FEEDBACKS:
        return "too_few"
    low, high = difference_interval(before, after)
    return "fewer" if high < 0 else "more" if low > 0 else "cannot_tell"
