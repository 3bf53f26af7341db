"""The charts of the business page: a measure by day, and the cafés beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import altair as alt
import pandas as pd

from dashboards.charts.chart_colours import palette
from dashboards.charts.charts import TREND_HEIGHT_PX, day_axis, day_labels, finished
from dashboards.reading.fair_comparison import SHARES, ComparedCafe, Figure
from dashboards.reading.kpi_period import Measure
from dashboards.visit import Visit
from dashboards.words.measure_words import range_in_words, value_in_words
from pilot.kpis import KPIS
from pilot.money import ORE_PER_KRONA

ROW_PX = 30
AXIS_PX = 60
NAME_WIDTH_PX = 150


def scale_of(code: Measure) -> float:
    """Return the factor from a measure's value to its axis."""
    return 100 if code in SHARES else 1 / ORE_PER_KRONA if code == "cost" else 1


def by_day(visit: Visit, code: Measure, figures: Mapping[date, Figure], *, days: Sequence[date]) -> Any:
    """Return a measure day by day, with its interval and the target if it has one."""
    colours, scale = palette(), scale_of(code)
    labels = day_labels(days, language=visit.language)
    frame = pd.DataFrame(
        [
            {
                "day": labels[day],
                "value": None if one is None or one.value is None else one.value * scale,
                "low": None if one is None or one.low is None else one.low * scale,
                "high": None if one is None or one.high is None else one.high * scale,
                "shown": value_in_words(visit, code, one.value if one else None),
                "range": range_in_words(visit, code, one.low, one.high) if one else "",
            }
            for day in days
            for one in [figures.get(day)]
        ]
    )
    x = alt.X(
        "day:N",
        sort=list(labels.values()),
        title=None,
        scale=alt.Scale(domain=list(labels.values())),
        axis=day_axis(list(labels.values())),
    )

    def y(field: str) -> Any:
        axis = alt.Axis(tickCount=4, domain=False, ticks=False, labelFlush=False)
        return alt.Y(f"{field}:Q", title=visit.say(f"kpi_page.axis.{code}"), scale=alt.Scale(zero=True), axis=axis)

    base = alt.Chart(frame)
    tooltip = [
        alt.Tooltip("day:N", title=visit.say("overview.trend.axis_day")),
        alt.Tooltip("shown:N", title=visit.say("overview.trend.value")),
        alt.Tooltip("range:N", title=visit.say("overview.trend.range")),
    ]
    layers = [
        base.mark_rule(color=colours.pale, strokeWidth=5, opacity=0.75).encode(x=x, y=y("low"), y2="high:Q"),
        base.mark_line(color=colours.green, strokeWidth=1.5).encode(x=x, y=y("value")),
        base.mark_point(color=colours.green, filled=True, size=34, opacity=1).encode(
            x=x, y=y("value"), tooltip=tooltip
        ),
    ]
    if code in KPIS:
        target = alt.Chart(pd.DataFrame([{"target": KPIS[code].target * scale}]))
        layers.append(target.mark_rule(color=colours.target, strokeDash=[5, 4], strokeWidth=1.5).encode(y=y("target")))
    return finished(alt.layer(*layers), visit=visit, height=TREND_HEIGHT_PX)


def beside(visit: Visit, code: Measure, cafes: Sequence[tuple[str, ComparedCafe]], *, centre: float) -> Any:
    """Return the cafés' intervals in the order given, with the mean of all cafés as a line."""
    colours, scale = palette(), scale_of(code)
    names = [name for name, _ in cafes]
    frame = pd.DataFrame(
        [
            {"cafe": name, "value": one.value * scale, "low": one.low * scale, "high": one.high * scale}
            | {"shown": value_in_words(visit, code, one.value), "range": range_in_words(visit, code, one.low, one.high)}
            for name, one in cafes
        ]
    )
    y = alt.Y("cafe:N", sort=names, title=None, axis=alt.Axis(labelLimit=NAME_WIDTH_PX, domain=False, ticks=False))

    def x(field: str) -> Any:
        axis = alt.Axis(tickCount=5, domain=False, ticks=False, labelFlush=False)
        return alt.X(f"{field}:Q", title=visit.say(f"kpi_page.axis.{code}"), scale=alt.Scale(zero=False), axis=axis)

    base = alt.Chart(frame)
    tooltip = [
        alt.Tooltip("cafe:N", title=visit.say("controls.cafe")),
        alt.Tooltip("shown:N", title=visit.say("overview.trend.value")),
        alt.Tooltip("range:N", title=visit.say("overview.trend.range")),
    ]
    spread = base.mark_rule(color=colours.pale, strokeWidth=6).encode(y=y, x=x("low"), x2="high:Q")
    points = base.mark_point(color=colours.green, filled=True, size=60, opacity=1).encode(
        y=y, x=x("value"), tooltip=tooltip
    )
    middle = alt.Chart(pd.DataFrame([{"centre": centre * scale}])).mark_rule(color=colours.muted, strokeDash=[2, 3])
    height = AXIS_PX + ROW_PX * len(cafes)
    return finished(alt.layer(spread, middle.encode(x=x("centre")), points), visit=visit, height=height)
