"""Satisfaction and themes of a period, from the small tables by day and daypart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import streamlit as st

from dashboards.reading.page_snapshot import CACHE_ENTRIES, CACHE_TTL_SECONDS, Key, PageSnapshot
from pilot.business_days import days_between
from pilot.lake_tables.satisfaction_tables import SATISFACTION, THEME_DAYPARTS
from pipelines.feedback.satisfaction import POLARITIES, SATISFACTIONS
from pipelines.statistics.clustered import Interval, ratio, share_difference, share_interval

TABLES = (SATISFACTION, THEME_DAYPARTS)
THEME_CONFIDENCE = 0.99  # Fifteen themes are compared at once: at 95 % one would change by chance.


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
    change: str

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


def compared_days(first: date, last: date, *, before: int | None = None) -> list[date]:
    """Return the days of a period and of the one before it, as long as it or of `before` days."""
    length = (last - first).days + 1 if before is None else before
    return list(days_between(first - timedelta(days=length), last))


@st.cache_data(ttl=CACHE_TTL_SECONDS, max_entries=CACHE_ENTRIES, show_spinner=False)
def period(
    _snapshot: PageSnapshot,
    key: Key,
    *,
    cafe: str,
    first: date,
    last: date,
    simulated: bool,
    dayparts: tuple[str, ...] = (),
) -> Period:
    """Return a period of one café, compared with the snapshot's days before it; `key` is the snapshot's.

    Args:
        key: The cache key.
        cafe: The café.
        first: The period's first day.
        last: Its last day.
        simulated: Whether simulated rows are read instead of real ones.
        dayparts: Only these parts of the day; none for all.
    """
    scope: Sequence[Any] = (cafe, simulated, last, list(dayparts), list(dayparts))
    where = "where cafe = ? and simulated = ? and day <= ? and (len(?) = 0 or list_contains(?, daypart))"
    kinds = ", ".join(f"sum({name})::bigint as {name}" for name in SATISFACTIONS)
    days = {
        row["day"]: row
        for row in _snapshot.sql(
            f"""
            select day, sum(usable)::bigint as usable, {kinds}
            from satisfaction {where} group by day order by day
            """,  # noqa: S608
            scope,
        ).iter_rows(named=True)
    }
    mentions = _snapshot.sql(
        f"select day, daypart, theme, mentions, positive, mixed, negative from theme_dayparts {where}",  # noqa: S608
        scope,
    )
    by_theme: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in mentions.iter_rows(named=True):
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
    change = "too_few" if apart is None else "more" if low > 0 else "less" if high < 0 else "same"
    interval = share_interval(now) if now.denominator else None
    return Share(int(now.numerator), int(now.denominator), interval, before.value, change)
