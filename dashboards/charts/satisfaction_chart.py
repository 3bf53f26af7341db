"""The chart of content and discontent guests, and what it says in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import altair as alt
import pandas as pd

from dashboards.charts.chart_colours import palette
from dashboards.charts.charts import TREND_HEIGHT_PX, day_axis, day_labels, finished
from dashboards.reading.satisfaction import Period
from dashboards.visit import Visit
from pilot.business_days import days_between
from pilot.formatting import number
from pipelines.feedback.satisfaction import SATISFACTIONS


def satisfaction(visit: Visit, by_day: Mapping[date, Mapping[str, int]]) -> Any:
    """Return the chart of content and discontent guests by day."""
    colours = palette()
    days = list(days_between(min(by_day), max(by_day)))
    labels = day_labels(days, language=visit.language)
    names = {kind: visit.say(f"happy.kind.{kind}") for kind in SATISFACTIONS}
    counted = [
        {"day": labels[day], "kind": names[kind], "order": order, "count": by_day.get(day, {}).get(kind, 0)}
        for day in days
        for order, kind in enumerate(SATISFACTIONS)
    ]
    x = alt.X(
        "day:N",
        sort=list(labels.values()),
        title=None,
        scale=alt.Scale(domain=list(labels.values())),
        axis=day_axis(list(labels.values())),
    )
    bars = (
        alt.Chart(pd.DataFrame(counted))
        .mark_bar()
        .encode(
            x=x,
            y=alt.Y(
                "count:Q",
                title=visit.say("happy.axis"),
                axis=alt.Axis(tickCount=4, tickMinStep=1, format="d", domain=False, ticks=False, labelFlush=False),
            ),
            order="order:O",
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(
                    domain=list(names.values()), range=[colours.good, colours.both, colours.bad, colours.grid]
                ),
                legend=alt.Legend(orient="top", direction="horizontal", offset=8),
            ),
            tooltip=[
                alt.Tooltip("day:N", title=visit.say("overview.trend.axis_day")),
                alt.Tooltip("kind:N", title=visit.say("happy.axis")),
                alt.Tooltip("count:Q", title=visit.say("overview.volume.completed"), format="d"),
            ],
        )
    )
    return finished(bars, visit=visit, height=TREND_HEIGHT_PX)


def satisfaction_in_words(visit: Visit, found: Period) -> str:
    """Return the alternative text of the chart."""
    counts = {kind: number(found.shares[kind].count, language=visit.language) for kind in SATISFACTIONS}
    return visit.say("happy.alt", **counts)
