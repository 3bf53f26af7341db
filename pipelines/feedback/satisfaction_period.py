"""A period's satisfaction and themes, compared with the days before it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import polars as pl

from pipelines.feedback.satisfaction import POLARITIES, SATISFACTIONS
from pipelines.statistics.clustered import Interval, ratio, share_difference, share_interval

THEME_CONFIDENCE = 0.99  # Fifteen themes are compared at once: at 95 % one would change by chance.

Change = Literal["too_few", "same", "more", "less"]
Verdict = Literal["none", "too_few", "happier", "less_happy", "same", "mixed"]

_VERDICTS: Mapping[tuple[Change, Change], Verdict] = {
    ("too_few", "too_few"): "too_few",
    ("more", "less"): "happier",
    ("more", "same"): "happier",
    ("same", "less"): "happier",
    ("less", "more"): "less_happy",
    ("less", "same"): "less_happy",
    ("same", "more"): "less_happy",
    ("same", "same"): "same",
}


@dataclass(frozen=True, slots=True)
class Share:
    """A share of the period's usable feedback, its interval, and the same share before.

    Attributes:
        count: The feedbacks.
        of: The usable feedbacks.
        interval: Clustered by day: Wilson's with the effective number of trials; None without feedback.
        before: The share in the period before; None without feedback then.
        change: too_few, same, more or less: the difference's interval, clustered by day, against zero.
    """

    count: int
    of: int
    interval: Interval | None
    before: float | None
    change: Change

    @property
    def value(self) -> float | None:
        """Return the share; None without feedback."""
        return self.count / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme of a period."""

    name: str
    share: Share
    polarities: Mapping[str, int]
    dayparts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Period:
    """A period's satisfaction and themes, the most mentioned first.

    Attributes:
        usable: The usable feedbacks.
        shares: By kind of satisfaction.
        by_day: The counts of each kind by day with feedback.
        themes: The themes.
    """

    usable: int
    shares: Mapping[str, Share]
    by_day: Mapping[date, Mapping[str, int]]
    themes: tuple[Theme, ...]

    @property
    def verdict(self) -> Verdict:
        """Return whether guests are happier than before."""
        if not self.usable:
            return "none"
        return _VERDICTS.get((self.shares["positive"].change, self.shares["negative"].change), "mixed")


def period_of(satisfaction: pl.DataFrame, theme_dayparts: pl.DataFrame, *, first: date) -> Period:
    """Return the period that begins with `first`, compared with the days before it.

    Args:
        satisfaction: Rows of SATISFACTION of one café: of the period and of the days before it.
        theme_dayparts: Rows of THEME_DAYPARTS of the same café and days.
        first: The period's first day.
    """
    summed = satisfaction.group_by("day").agg(pl.col("usable", *SATISFACTIONS).sum()).sort("day")
    days = {row["day"]: row for row in summed.iter_rows(named=True)}
    by_theme: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in theme_dayparts.iter_rows(named=True):
        by_theme[row["theme"]].append(row)
    usable = {day: row["usable"] for day, row in days.items()}
    found = [_theme(name, rows, usable, first=first) for name, rows in by_theme.items()]
    return Period(
        usable=sum(count for day, count in usable.items() if day >= first),
        shares={
            name: _share({day: row[name] for day, row in days.items()}, usable, first=first) for name in SATISFACTIONS
        },
        by_day={day: {name: row[name] for name in SATISFACTIONS} for day, row in days.items() if day >= first},
        themes=tuple(
            sorted((each for each in found if each.share.count), key=lambda each: (-each.share.count, each.name))
        ),
    )


def _theme(name: str, rows: list[dict[str, Any]], usable: Mapping[date, int], *, first: date) -> Theme:
    counts: dict[date, int] = defaultdict(int)
    polarities, dayparts = dict.fromkeys(POLARITIES, 0), defaultdict[str, int](int)
    for row in rows:
        counts[row["day"]] += row["mentions"]
        if row["day"] >= first:
            dayparts[row["daypart"]] += row["mentions"]
            for polarity in POLARITIES:
                polarities[polarity] += row[polarity]
    share = _share(counts, usable, first=first, confidence=THEME_CONFIDENCE)
    return Theme(name, share, polarities, dict(dayparts))


def _share(counts: Mapping[date, int], usable: Mapping[date, int], *, first: date, confidence: float = 0.95) -> Share:
    now, before = (
        ratio([(counts.get(day, 0), among) for day, among in usable.items() if (day >= first) == is_now])
        for is_now in (True, False)
    )
    apart = share_difference(now, before, confidence=confidence)
    low, high = (0.0, 0.0) if apart is None else apart[1:]
    change: Change = "too_few" if apart is None else "more" if low > 0 else "less" if high < 0 else "same"
    interval = share_interval(now) if now.denominator else None
    return Share(int(now.numerator), int(now.denominator), interval, before.value, change)
