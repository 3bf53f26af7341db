"""What became of a theme: its share of complaints in the week before a case, and in the week since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import polars as pl

from pipelines.cases.feedback_claims import DAYS_A_WEEK, complaints, counted, week_before
from pipelines.cases.proposals import FEWEST_FEEDBACKS
from pipelines.statistics.intervals import wilson

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


def _share(feedback: pl.DataFrame, theme: str) -> Share:
    count = len(complaints(feedback).get(theme, ()))
    low, high = wilson(count, feedback.height) if feedback.height else (None, None)
    return Share(count, feedback.height, low, high)


def _verdict(before: Share, after: Share) -> Verdict:
    if min(before.feedbacks, after.feedbacks) < FEWEST_FEEDBACKS:
        return "too_few"
    low, high = difference_interval(before, after)
    return "fewer" if high < 0 else "more" if low > 0 else "cannot_tell"
