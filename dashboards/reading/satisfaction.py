"""Satisfaction and themes of a period, from the small tables by day and daypart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import streamlit as st

from dashboards.reading.page_snapshot import CACHE_ENTRIES, CACHE_TTL_SECONDS, Key, PageSnapshot
from pilot.business_days import days_between
from pilot.lake_tables.satisfaction_tables import SATISFACTION, THEME_DAYPARTS
from pipelines.feedback.satisfaction_period import Period as Period
from pipelines.feedback.satisfaction_period import Share as Share
from pipelines.feedback.satisfaction_period import period_of

TABLES = (SATISFACTION, THEME_DAYPARTS)


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
    return period_of(
        _snapshot.sql(f"select * from satisfaction {where}", scope),  # noqa: S608
        _snapshot.sql(f"select * from theme_dayparts {where}", scope),  # noqa: S608
        first=first,
    )
