"""Charts over days, as the pages and the report show them, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import altair as alt
import pandas as pd

from pilot.cafes import Band
from pilot.formatting import Language, short_day
from pilot.kpis import KPIS
from pipelines.feedback.satisfaction import SATISFACTIONS
from reports.charts.palette import Palette

TREND_HEIGHT_PX = 200
MOST_DAY_LABELS = 5

_NUMBER_LOCALES: dict[Language, dict[str, Any]] = {
    "sv": {"decimal": ",", "thousands": "\u00a0", "grouping": [3], "currency": ["", "\u00a0kr"], "percent": "\u00a0%"},
    "en": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", "\u00a0kr"], "percent": "%"},
}


class Say(Protocol):
    """Returns a text of the dashboards' words in one language."""

    def __call__(self, key: str, **fields: object) -> str:
        """Return the text of a key."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a chart is drawn: the colours, the language, and its words."""

    colours: Palette
    language: Language
    say: Say


@dataclass(frozen=True, slots=True)
class Point:
    """One day of a metric, in the metric's unit, with its tooltip's texts."""

    value: float | None
    low: float | None
    high: float | None
    shown: str = ""
    range: str = ""
    verdict: str = ""


def finished(chart: Any, *, style: Style, height: int) -> Any:
    """Return a chart with the pages' height, number format and colours."""
    colours = style.colours
    return (
        chart.properties(height=height)
        # Its parts' English descriptions are left out: the chart's alternative text says what it shows.
        .configure(locale=alt.Locale(number=alt.NumberLocale(**_NUMBER_LOCALES[style.language])))
        .configure_view(strokeWidth=0)
        .configure_mark(aria=False)
        .configure_axis(
            aria=False,
            labelColor=colours.muted,
            titleColor=colours.muted,
            gridColor=colours.grid,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
        )
        .configure_legend(
            aria=False,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            labelColor=colours.ink,
            titleColor=colours.muted,
        )
    )


def trend(
    style: Style, points: Mapping[date, Point], *, kpi: str, target: float, days: Sequence[date], top: float
) -> Any:
    """Return the chart of one metric of one café over some days: value, interval and target.

    Args:
        style: The style.
        points: The metric's days, at least one.
        kpi: The metric.
        target: Its target.
        days: The days of the axis.
        top: Upper end of the axis in the metric's unit, the same for every café.
    """
    colours = style.colours
    labels = day_labels(days, language=style.language)
    unit = KPIS[kpi].unit
    scale = 100 if unit == "share" else 1
    frame = pd.DataFrame(
        [
            {
                "day": labels[day],
                "value": None if one is None or one.value is None else one.value * scale,
                "low": None if one is None or one.low is None else one.low * scale,
                "high": None if one is None or one.high is None else min(one.high * scale, top * scale),
                "shown": "" if one is None else one.shown,
                "range": "" if one is None else one.range,
                "verdict": "" if one is None else one.verdict,
            }
            for day in days
            for one in [points.get(day)]
        ]
    )
    x = alt.X(
        "day:N",
        sort=list(labels.values()),
        title=None,
        scale=alt.Scale(domain=list(labels.values())),
        axis=day_axis(list(labels.values())),
    )
    domain = [_bottom(points.values(), kpi=kpi, target=target) * scale, top * scale]

    def y(field: str) -> Any:
        return alt.Y(
            f"{field}:Q",
            title=f"{style.say(f'kpi.{kpi}.name')}, {'%' if unit == 'share' else 's'}",
            scale=alt.Scale(domain=domain, clamp=True, zero=False),
            axis=alt.Axis(tickCount=4, domain=False, ticks=False, labelFlush=False),
        )

    tooltip = [
        alt.Tooltip("day:N", title=style.say("overview.trend.axis_day")),
        alt.Tooltip("shown:N", title=style.say("overview.trend.value")),
        alt.Tooltip("range:N", title=style.say("overview.trend.range")),
        alt.Tooltip("verdict:N", title=style.say("overview.trend.verdict")),
    ]
    base = alt.Chart(frame)
    # One bar a day rather than an area: a day without an interval must not be bridged.
    spread = base.mark_rule(color=colours.pale, strokeWidth=5, opacity=0.75).encode(x=x, y=y("low"), y2="high:Q")
    line = base.mark_line(color=colours.green, strokeWidth=1.5).encode(x=x, y=y("value"))
    marks = base.mark_point(color=colours.green, filled=True, size=34, opacity=1).encode(
        x=x, y=y("value"), tooltip=tooltip
    )
    aim = (
        alt.Chart(pd.DataFrame([{"target": target * scale}]))
        .mark_rule(color=colours.target, strokeDash=[5, 4], strokeWidth=1.5)
        .encode(y=y("target"))
    )
    return finished(alt.layer(spread, aim, line, marks), style=style, height=TREND_HEIGHT_PX)


def volume(style: Style, completed: Mapping[date, int], *, band: Band, days: Sequence[date], top: int) -> Any:
    """Return the chart of feedback sent a day, on the band that the café expects."""
    colours = style.colours
    labels = day_labels(days, language=style.language)
    frame = pd.DataFrame([{"day": labels[day], "completed": completed.get(day, 0)} for day in days])
    x = alt.X(
        "day:N",
        sort=list(labels.values()),
        title=None,
        scale=alt.Scale(domain=list(labels.values()), paddingInner=0.25),
        axis=day_axis(list(labels.values())),
    )
    y = alt.Y(
        "completed:Q",
        title=style.say("overview.volume.axis_count"),
        scale=alt.Scale(domain=[0, top]),
        axis=alt.Axis(tickCount=4, tickMinStep=1, format="d", domain=False, ticks=False, labelFlush=False),
    )
    shade = (
        alt.Chart(pd.DataFrame([{"low": band.low, "high": band.high}]))
        .mark_rect(color=colours.sand, opacity=0.7)
        .encode(y=alt.Y("low:Q"), y2="high:Q")
    )
    bars = (
        alt.Chart(frame)
        .mark_bar(color=colours.green)
        .encode(
            x=x,
            y=y,
            tooltip=[
                alt.Tooltip("day:N", title=style.say("overview.trend.axis_day")),
                alt.Tooltip("completed:Q", title=style.say("overview.volume.completed"), format="d"),
            ],
        )
    )
    return finished(alt.layer(shade, bars), style=style, height=TREND_HEIGHT_PX)


def satisfaction(style: Style, by_day: Mapping[date, Mapping[str, int]], *, days: Sequence[date]) -> Any:
    """Return the chart of content and discontent guests by day."""
    colours = style.colours
    labels = day_labels(days, language=style.language)
    names = {kind: style.say(f"happy.kind.{kind}") for kind in SATISFACTIONS}
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
                title=style.say("happy.axis"),
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
                alt.Tooltip("day:N", title=style.say("overview.trend.axis_day")),
                alt.Tooltip("kind:N", title=style.say("happy.axis")),
                alt.Tooltip("count:Q", title=style.say("overview.volume.completed"), format="d"),
            ],
        )
    )
    return finished(bars, style=style, height=TREND_HEIGHT_PX)


def day_labels(days: Sequence[date], *, language: Language) -> dict[date, str]:
    """Return the label of each day on an axis."""
    return {day: short_day(day, language=language) for day in days}


def day_axis(labels: list[str]) -> Any:
    """Return an axis of days, with a few of their labels."""
    return alt.Axis(values=_spread(labels), labelAngle=0, grid=False, labelOverlap=False, labelFlush=False)


def _bottom(points: Any, *, kpi: str, target: float) -> float:
    """Return the lower end of the axis: 0, or for shares near 1 the whole step below the lowest end."""
    step = KPIS[kpi].axis_step
    if step is None:
        return 0.0
    ends = [end for one in points for end in (target, one.low, one.value) if end is not None]
    return max(0.0, (min(ends) // step) * step)


def _spread(labels: list[str]) -> list[str]:
    """Return a few labels, evenly spread, so that none is cut off or turned."""
    if len(labels) <= MOST_DAY_LABELS:
        return labels
    step = -(-len(labels) // MOST_DAY_LABELS)
    return labels[len(labels) - 1 :: -step][::-1]
