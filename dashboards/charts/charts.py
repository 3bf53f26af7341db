"""The pages' charts: Altair, with words and numbers in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Any

import altair as alt
import pandas as pd

from dashboards.charts.chart_colours import palette
from dashboards.reading.cafe_day import Hour
from dashboards.reading.kpi_figures import KpiFigure, Volume
from dashboards.visit import Visit
from dashboards.words.kpi_words import shown_interval, shown_value
from pilot.cafes import Band, Cafe, Window
from pilot.formatting import Language, short_day
from pilot.kpis import KPIS
from pilot.opening_hours import hours_on

CHART_HEIGHT_PX = 240
TREND_HEIGHT_PX = 200
MOST_DAY_LABELS = 5
BAR_MARGIN_HOURS = 0.08

_NUMBER_LOCALES: dict[Language, dict[str, Any]] = {
    "sv": {"decimal": ",", "thousands": "\u00a0", "grouping": [3], "currency": ["", "\u00a0kr"], "percent": "\u00a0%"},
    "en": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", "\u00a0kr"], "percent": "%"},
}


def finished(chart: Any, *, visit: Visit, height: int) -> Any:
    """Return a chart with the pages' height, number format and colours."""
    colours = palette()
    return (
        chart.properties(height=height)
        # Its parts' English descriptions are left out: the chart's alternative text says what it shows.
        .configure(locale=alt.Locale(number=alt.NumberLocale(**_NUMBER_LOCALES[visit.language])))
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


def hours(visit: Visit, cafe: Cafe, *, day: date, rows: Sequence[Hour]) -> Any:
    """Return the sessions started by hour, with peak hours shaded and opening hours marked."""
    colours = palette()
    window = hours_on(cafe, day).window
    shown = [row.hour for row in rows]
    first = min([window[0].hour, *shown] if window else shown)
    last = max([_last_hour(window[1]), *shown] if window else shown)
    sent, left = visit.say("day.hours.completed"), visit.say("day.hours.left")
    frame = pd.DataFrame(
        [
            {"start": row.hour + BAR_MARGIN_HOURS, "end": row.hour + 1 - BAR_MARGIN_HOURS, "kind": kind}
            | {"from": low, "to": high, "count": high - low, "label": f"{row.hour:02}–{row.hour + 1:02}"}
            for row in rows
            for kind, low, high in ((sent, 0, row.completed), (left, row.completed, row.completed + row.left))
        ],
        columns=["start", "end", "kind", "from", "to", "count", "label"],
    )
    peaks = pd.DataFrame(
        [{"start": _hours(low), "end": _hours(high)} for low, high in _open_peaks(cafe, window)],
        columns=["start", "end"],
    )
    edges = pd.DataFrame([{"at": _hours(edge)} for edge in window or ()], columns=["at"])
    x = alt.X(
        "start:Q",
        title=visit.say("day.hours.axis_hour"),
        scale=alt.Scale(domain=[first, last + 1], nice=False, zero=False),
        axis=alt.Axis(values=list(range(first, last + 2)), format="02d", grid=False, labelFlush=False),
    )
    most = max((row.completed + row.left for row in rows), default=0)
    y = alt.Y(
        "from:Q",
        title=visit.say("day.hours.axis_count"),
        scale=alt.Scale(domain=[0, max(4, most)], nice=True),
        axis=alt.Axis(tickMinStep=1, format="d", tickCount=5, domain=False, ticks=False, labelFlush=False),
    )
    shade = alt.Chart(peaks).mark_rect(color=colours.sand, opacity=0.55).encode(x=x, x2="end:Q")
    marks = alt.Chart(edges).mark_rule(color=colours.muted, strokeDash=[4, 4]).encode(x=alt.X("at:Q"))
    bars = (
        alt.Chart(frame)
        .mark_rect()
        .encode(
            x=x,
            x2="end:Q",
            y=y,
            y2="to:Q",
            color=alt.Color(
                "kind:N",
                title=visit.say("day.hours.legend"),
                scale=alt.Scale(domain=[sent, left], range=[colours.green, colours.pale]),
                legend=alt.Legend(orient="top", direction="horizontal", titleOrient="left", offset=8),
            ),
            tooltip=[
                alt.Tooltip("label:N", title=visit.say("day.hours.axis_hour")),
                alt.Tooltip("kind:N", title=visit.say("day.hours.legend")),
                alt.Tooltip("count:Q", title=visit.say("day.hours.axis_count"), format="d"),
            ],
        )
    )
    return finished(alt.layer(shade, bars, marks), visit=visit, height=CHART_HEIGHT_PX)


def hours_in_words(visit: Visit, rows: Sequence[Hour]) -> str:
    """Return the alternative text of the chart of hours."""
    busiest = max(rows, key=lambda row: row.completed + row.left)
    return visit.say("day.hours.alt", hour=f"{busiest.hour:02}", count=busiest.completed + busiest.left)


def trend(visit: Visit, figures: Sequence[KpiFigure], *, kpi: str, days: Sequence[date], top: float) -> Any:
    """Return the chart of one metric of one café over some days: value, interval and target.

    Args:
        visit: The visit.
        figures: The café's figures of this metric, at least one.
        kpi: The metric.
        days: The days of the axis.
        top: Upper end of the axis in the metric's unit, the same for every café.
    """
    colours = palette()
    labels = day_labels(days, language=visit.language)
    unit = figures[0].unit
    scale = 100 if unit == "share" else 1
    by_day = {figure.day: figure for figure in figures}
    frame = pd.DataFrame(
        [
            {
                "day": labels[day],
                "value": None if figure is None or figure.value is None else figure.value * scale,
                "low": None if figure is None or figure.low is None else figure.low * scale,
                "high": None if figure is None or figure.high is None else min(figure.high * scale, top * scale),
                "shown": "" if figure is None else shown_value(visit, figure),
                "range": "" if figure is None else shown_interval(visit, figure),
                "verdict": "" if figure is None else visit.say(f"verdict.{figure.verdict}"),
            }
            for day in days
            for figure in [by_day.get(day)]
        ]
    )
    x = alt.X(
        "day:N",
        sort=list(labels.values()),
        title=None,
        scale=alt.Scale(domain=list(labels.values())),
        axis=day_axis(list(labels.values())),
    )
    domain = [_bottom(figures, kpi=kpi) * scale, top * scale]

    def y(field: str) -> Any:
        return alt.Y(
            f"{field}:Q",
            title=f"{visit.say(f'kpi.{kpi}.name')}, {'%' if unit == 'share' else 's'}",
            scale=alt.Scale(domain=domain, clamp=True, zero=False),
            axis=alt.Axis(tickCount=4, domain=False, ticks=False, labelFlush=False),
        )

    tooltip = [
        alt.Tooltip("day:N", title=visit.say("overview.trend.axis_day")),
        alt.Tooltip("shown:N", title=visit.say("overview.trend.value")),
        alt.Tooltip("range:N", title=visit.say("overview.trend.range")),
        alt.Tooltip("verdict:N", title=visit.say("overview.trend.verdict")),
    ]
    base = alt.Chart(frame)
    # One bar a day rather than an area: a day without an interval must not be bridged.
    spread = base.mark_rule(color=colours.pale, strokeWidth=5, opacity=0.75).encode(x=x, y=y("low"), y2="high:Q")
    line = base.mark_line(color=colours.green, strokeWidth=1.5).encode(x=x, y=y("value"))
    points = base.mark_point(color=colours.green, filled=True, size=34, opacity=1).encode(
        x=x, y=y("value"), tooltip=tooltip
    )
    target = (
        alt.Chart(pd.DataFrame([{"target": figures[0].target * scale}]))
        .mark_rule(color=colours.target, strokeDash=[5, 4], strokeWidth=1.5)
        .encode(y=y("target"))
    )
    return finished(alt.layer(spread, target, line, points), visit=visit, height=TREND_HEIGHT_PX)


def volume(visit: Visit, rows: Sequence[Volume], *, band: Band, days: Sequence[date], top: int) -> Any:
    """Return the chart of feedback sent a day, on the band that the café expects."""
    colours = palette()
    labels = day_labels(days, language=visit.language)
    completed = {row.day: row.completed for row in rows}
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
        title=visit.say("overview.volume.axis_count"),
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
                alt.Tooltip("day:N", title=visit.say("overview.trend.axis_day")),
                alt.Tooltip("completed:Q", title=visit.say("overview.volume.completed"), format="d"),
            ],
        )
    )
    return finished(alt.layer(shade, bars), visit=visit, height=TREND_HEIGHT_PX)


def _bottom(figures: Sequence[KpiFigure], *, kpi: str) -> float:
    """Return the lower end of the axis: 0, or for shares near 1 the whole step below the lowest end."""
    step = KPIS[kpi].axis_step
    if step is None:
        return 0.0
    ends = [end for one in figures for end in (one.target, one.low, one.value) if end is not None]
    return max(0.0, (min(ends) // step) * step)


def day_labels(days: Sequence[date], *, language: Language) -> dict[date, str]:
    """Return the label of each day on an axis."""
    return {day: short_day(day, language=language) for day in days}


def day_axis(labels: list[str]) -> Any:
    """Return an axis of days, with a few of their labels."""
    return alt.Axis(values=_spread(labels), labelAngle=0, grid=False, labelOverlap=False, labelFlush=False)


def _spread(labels: list[str]) -> list[str]:
    """Return a few labels, evenly spread, so that none is cut off or turned."""
    if len(labels) <= MOST_DAY_LABELS:
        return labels
    step = -(-len(labels) // MOST_DAY_LABELS)
    return labels[len(labels) - 1 :: -step][::-1]


def _open_peaks(cafe: Cafe, window: Window | None) -> list[Window]:
    """Return the peak hours within the opening hours: a peak before a Sunday's opening is none."""
    if window is None:
        return []
    clipped = [(max(low, window[0]), min(high, window[1])) for low, high in cafe.peaks]
    return [(low, high) for low, high in clipped if low < high]


def _hours(wall: time) -> float:
    return wall.hour + wall.minute / 60


def _last_hour(closes: time) -> int:
    return closes.hour if closes.minute else closes.hour - 1
