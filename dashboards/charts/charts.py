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
from pilot.opening_hours import hours_on
from reports.charts import specifications
from reports.charts.specifications import TREND_HEIGHT_PX as TREND_HEIGHT_PX
from reports.charts.specifications import Point, Style
from reports.charts.specifications import day_axis as day_axis
from reports.charts.specifications import day_labels as day_labels

CHART_HEIGHT_PX = 240
BAR_MARGIN_HOURS = 0.08


def style_of(visit: Visit) -> Style:
    """Return the style of the reader's theme and language."""
    return Style(palette(), visit.language, visit.say)


def finished(chart: Any, *, visit: Visit, height: int) -> Any:
    """Return a chart with the pages' height, number format and colours."""
    return specifications.finished(chart, style=style_of(visit), height=height)


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
    points = {
        figure.day: Point(
            value=figure.value,
            low=figure.low,
            high=figure.high,
            shown=shown_value(visit, figure),
            range=shown_interval(visit, figure),
            verdict=visit.say(f"verdict.{figure.verdict}"),
        )
        for figure in figures
    }
    return specifications.trend(style_of(visit), points, kpi=kpi, target=figures[0].target, days=days, top=top)


def volume(visit: Visit, rows: Sequence[Volume], *, band: Band, days: Sequence[date], top: int) -> Any:
    """Return the chart of feedback sent a day, on the band that the café expects."""
    completed = {row.day: row.completed for row in rows}
    return specifications.volume(style_of(visit), completed, band=band, days=days, top=top)


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
