"""The technical page: availability by the minute, rates and load, load tests, and the disk."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date, datetime

import altair as alt
import pandas as pd
import streamlit as st

from dashboards import fragments
from dashboards.charts import charts
from dashboards.charts.chart_colours import palette
from dashboards.choices.day_choice import choose_day, day_name, freshness
from dashboards.parts.empty_state import draw_empty_state
from dashboards.parts.technical_load import draw_technical_load
from dashboards.reading.calendar import TABLES as CALENDAR_TABLES
from dashboards.reading.calendar import extent
from dashboards.reading.page_snapshot import PageSnapshot, versions_key
from dashboards.reading.service_day import TABLES, Outage, ServiceDay, service_day
from dashboards.visit import Visit, current
from operations.load_records import read_load_tests
from operations.system import RUN_FOLDER
from pilot.business_days import business_day, local_time
from pilot.formatting import clock_time, day_and_year, measure, number
from pipelines.figures.uptime import SERVICE_TARGET

ROW_PX = 34
AXIS_PX = 60
DAY_HOURS = 24
HOUR_TICKS = 3
TESTS_SHOWN = 20
BYTES_A_GIGABYTE = 10**9


def show(visit: Visit) -> None:
    """Draw the page."""
    lake, say = visit.lake(), visit.say
    known = extent(lake, versions_key(lake, *CALENDAR_TABLES), cafes=visit.ids, simulated=visit.simulated)
    if known.first is None:
        draw_empty_state(visit, commands=True)
        return
    visit.draw(
        fragments.page_head(
            crumb=say("technical.crumb"), title=say("technical.title"), freshness=freshness(visit, known)
        )
    )
    with st.container(horizontal=True, key="controls"):
        day = choose_day(visit, known, preferred=known.last_sessions)
    with PageSnapshot(lake, *TABLES, days=[day]) as snapshot:
        found = service_day(snapshot, snapshot.key, cafes=visit.ids, day=day, simulated=visit.simulated)
    visit.draw(fragments.lead(_lead(visit, found, day=day), notes=[say("technical.probed")]))
    if found.outages:
        _timeline(visit, found.outages)
    _targets(visit, found)
    draw_technical_load(visit, day)
    _load_tests(visit)
    _machine(visit)


def _lead(visit: Visit, found: ServiceDay, *, day: date) -> str:
    page = next((one for one in found.targets if one.target == SERVICE_TARGET), None)
    fields = {"day": day_name(visit, day)}
    if page is None or page.share is None:
        return visit.say("technical.lead.unknown", **fields)
    fields["share"] = measure(page.share, unit="share", language=visit.language, decimals=2)
    fields["unknown"] = number(page.unknown_seconds / 60, language=visit.language)
    key = "technical.lead.gaps" if page.unknown_seconds >= 60 else "technical.lead.known"
    return visit.say(key, **fields)


def _timeline(visit: Visit, outages: Sequence[Outage]) -> None:
    say, names = visit.say, {cafe.id: cafe.name for cafe in visit.cafes}
    visit.draw(fragments.section_head(say("technical.outages.title"), summary=say("technical.outages.what")))
    rows = [
        {say("controls.cafe"): names[one.cafe], say("technical.outages.from"): clock_time(one.begins)}
        | {say("technical.outages.to"): clock_time(one.ends)}
        | {say("technical.outages.minutes"): number(_minutes(one), language=visit.language, decimals=1)}
        for one in outages
    ]
    frame = pd.DataFrame(
        [{"cafe": names[one.cafe], "from": _hour(one.begins), "to": _end_hour(one)} for one in outages]
    )
    colours = palette()
    chart = (
        alt.Chart(frame)
        .mark_bar(color=colours.target, height=12)
        .encode(
            y=alt.Y("cafe:N", title=None, axis=alt.Axis(domain=False, ticks=False)),
            x=alt.X(
                "from:Q",
                title=say("day.hours.axis_hour"),
                scale=alt.Scale(domain=[0, DAY_HOURS], nice=False),
                axis=alt.Axis(values=list(range(0, DAY_HOURS + 1, HOUR_TICKS)), format="02d"),
            ),
            x2="to:Q",
        )
    )
    total = sum(_minutes(one) for one in outages)
    alt_text = say(
        "technical.outages.alt", count=len(outages), minutes=number(total, language=visit.language, decimals=1)
    )
    cafes = len({one.cafe for one in outages})
    st.altair_chart(charts.finished(chart, visit=visit, height=AXIS_PX + ROW_PX * cafes), width="stretch", alt=alt_text)
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")


def _targets(visit: Visit, found: ServiceDay) -> None:
    say = visit.say
    visit.draw(fragments.section_head(say("technical.targets.title"), summary=say("technical.targets.what")))
    if not found.targets:
        visit.draw(fragments.paragraph(say("technical.targets.none")))
        return
    causes: dict[str, list[str]] = {}
    for target, cause, count in found.failures:
        causes.setdefault(target, []).append(f"{visit.name_of('technical.cause', cause)} {count}")
    rows = [
        {
            say("technical.targets.target"): visit.name_of("technical.target", one.target),
            say("technical.targets.share"): "–"
            if one.share is None
            else measure(one.share, unit="share", language=visit.language, decimals=2),
            say("technical.targets.unknown"): number(one.unknown_seconds / 60, language=visit.language),
            say("technical.targets.probes"): number(one.probes, language=visit.language),
            say("technical.targets.failed"): ", ".join(causes.get(one.target, [])) or "0",
            say("technical.targets.p50"): _milliseconds(visit, one.p50_ms),
            say("technical.targets.p95"): _milliseconds(visit, one.p95_ms),
        }
        for one in found.targets
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")


def _load_tests(visit: Visit) -> None:
    say = visit.say
    visit.draw(fragments.section_head(say("technical.load.title"), summary=say("technical.load.what")))
    tests = read_load_tests(visit.home.root / RUN_FOLDER)[-TESTS_SHOWN:][::-1]
    if not tests:
        visit.draw(fragments.paragraph(say("technical.load.none")))
        return
    rows = [
        {
            say("technical.load.when"): day_and_year(business_day(one.at), language=visit.language),
            say("technical.load.guests"): number(one.guests, language=visit.language),
            say("technical.targets.p95"): _milliseconds(visit, one.p95_ms),
            say("technical.load.failures"): number(one.failures, language=visit.language),
            say("technical.load.passed"): say(f"technical.load.{'yes' if one.passed else 'no'}"),
        }
        for one in tests
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")


def _machine(visit: Visit) -> None:
    say = visit.say
    disk = shutil.disk_usage(visit.home.root)
    free, total = (number(size / BYTES_A_GIGABYTE, language=visit.language) for size in (disk.free, disk.total))
    share = measure(disk.free / disk.total, unit="share", language=visit.language, decimals=0)
    visit.draw(
        fragments.section_head(say("technical.machine.title"))
        + fragments.paragraph(say("technical.machine.disk", free=free, total=total, share=share))
    )


def _milliseconds(visit: Visit, value: float | None) -> str:
    return "–" if value is None else f"{number(value, language=visit.language)} ms"


def _minutes(one: Outage) -> float:
    return (one.ends - one.begins).total_seconds() / 60


def _hour(moment: datetime) -> float:
    local = local_time(moment)
    return local.hour + local.minute / 60 + local.second / 3600


def _end_hour(one: Outage) -> float:
    return _hour(one.ends) or float(DAY_HOURS)  # midnight ends the day


show(current())
