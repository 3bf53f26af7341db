"""Draws a day of rates, errors, durations, load and queues on the technical page, by the minute."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import altair as alt
import pandas as pd
import streamlit as st

from dashboards import fragments
from dashboards.charts import charts
from dashboards.charts.chart_colours import palette
from dashboards.reading.technical_minutes import DayFigure, day_figures
from dashboards.visit import Visit
from operations.monitoring.minute_figures import MinuteFigures, minute_figures
from operations.system import RUN_FOLDER
from pilot.business_days import local_time
from pilot.formatting import measure, number

HEIGHT_PX = 160
DAY_HOURS = 24
HOUR_TICKS = 3
CHARTS = {
    "requests": ("requests_a_minute",),
    "errors": ("failed_share",),
    "machine": ("processor_share", "memory_share", "disk_share"),
    "queue": ("queue",),
}
WHOLE = ("requests_a_minute", "queue")


def draw_technical_load(visit: Visit, day: date) -> None:
    """Draw a day's figures: a table, the requests and errors, and the machine's load."""
    say = visit.say
    folder = visit.home.root / RUN_FOLDER
    found = day_figures(folder, day)
    visit.draw(fragments.section_head(say("technical.red.title"), summary=say("technical.red.what")))
    if not found:
        visit.draw(fragments.paragraph(say("technical.red.none")))
        return
    _table(visit, found)
    minutes = minute_figures(folder, day)
    for title, names in CHARTS.items():
        known = [one for one in found if one.name in names]
        if known:
            _chart(visit, known, minutes=minutes, title=title)


def _table(visit: Visit, found: Sequence[DayFigure]) -> None:
    say = visit.say
    rows = [
        {
            say("technical.red.figure"): say(f"technical.red.names.{one.name}"),
            say("technical.red.latest"): _shown(visit, one.name, one.latest),
            say("technical.red.mean"): _shown(visit, one.name, one.mean),
            say("technical.red.highest"): _shown(visit, one.name, one.highest),
            say("technical.red.minutes"): number(one.minutes, language=visit.language),
        }
        for one in found
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")


def _chart(visit: Visit, known: Sequence[DayFigure], *, minutes: Sequence[MinuteFigures], title: str) -> None:
    say, names = visit.say, [one.name for one in known]
    rows = [
        {"hour": _hour(one.at), "value": one.values[name], "figure": say(f"technical.red.names.{name}")}
        for one in minutes
        for name in names
        if name in one.values
    ]
    colours = palette()
    share = all(name.endswith("share") for name in names)
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_line(strokeWidth=1.5, color=colours.target)
        .encode(
            x=alt.X(
                "hour:Q",
                title=say("day.hours.axis_hour"),
                scale=alt.Scale(domain=[0, DAY_HOURS], nice=False),
                axis=alt.Axis(values=list(range(0, DAY_HOURS + 1, HOUR_TICKS)), format="02d"),
            ),
            y=alt.Y("value:Q", title=None, axis=alt.Axis(format="%" if share else ",f", tickCount=4)),
            **(_dashes() if len(names) > 1 else {}),
        )
    )
    highest = ", ".join(
        f"{say(f'technical.red.names.{one.name}')} {_shown(visit, one.name, one.highest)}" for one in known
    )
    summary = say("technical.red.highest_was", highest=highest)
    visit.draw(fragments.chart_head(say(f"technical.red.charts.{title}"), summary=summary))
    st.altair_chart(
        charts.finished(chart, visit=visit, height=HEIGHT_PX),
        width="stretch",
        alt=say("technical.red.alt", title=say(f"technical.red.charts.{title}"), highest=highest),
    )


def _dashes() -> dict[str, alt.StrokeDash]:
    """Return one kind of line for each figure, named above the chart."""
    return {"strokeDash": alt.StrokeDash("figure:N", legend=alt.Legend(title=None, orient="top"))}


def _shown(visit: Visit, name: str, value: float) -> str:
    if name.endswith("share"):
        return measure(value, unit="share", language=visit.language, decimals=1)
    if name.endswith("seconds"):
        return measure(value, unit="seconds", language=visit.language, decimals=2)
    return number(value, language=visit.language, decimals=0 if name in WHOLE else 1)


def _hour(moment: datetime) -> float:
    local = local_time(moment)
    return local.hour + local.minute / 60 + local.second / 3600
