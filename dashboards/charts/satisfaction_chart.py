"""The chart of content and discontent guests, and what it says in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from dashboards.charts.charts import style_of
from dashboards.reading.satisfaction import Period
from dashboards.visit import Visit
from pilot.business_days import days_between
from pilot.formatting import number
from pipelines.feedback.satisfaction import SATISFACTIONS
from reports.charts import specifications


def satisfaction(visit: Visit, by_day: Mapping[date, Mapping[str, int]]) -> Any:
    """Return the chart of content and discontent guests by day."""
    days = list(days_between(min(by_day), max(by_day)))
    return specifications.satisfaction(style_of(visit), by_day, days=days)


def satisfaction_in_words(visit: Visit, found: Period) -> str:
    """Return the alternative text of the chart."""
    counts = {kind: number(found.shares[kind].count, language=visit.language) for kind in SATISFACTIONS}
    return visit.say("happy.alt", **counts)
