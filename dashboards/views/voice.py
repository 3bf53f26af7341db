"""The voice page: the latency by stage, and what was not heard, by language, browser and café."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import altair as alt
import pandas as pd
import streamlit as st

from dashboards import fragments
from dashboards.charts import charts
from dashboards.charts.chart_colours import palette
from dashboards.choices.day_choice import freshness
from dashboards.choices.url_choice import url_choice
from dashboards.parts.empty_state import draw_empty_state
from dashboards.reading.calendar import TABLES as CALENDAR_TABLES
from dashboards.reading.calendar import extent
from dashboards.reading.page_snapshot import PageSnapshot, versions_key
from dashboards.reading.voice_quality import SPLITS, TABLES, HeardGroup, Split, VoiceQuality, voice_quality
from dashboards.visit import Visit, current
from pilot.business_days import days_between
from pilot.formatting import interval, measure, number
from pipelines.statistics.intervals import wilson

PERIODS = {"7": 7, "30": 30}
STAGE_PX = 34
AXIS_PX = 60
LABEL_PX = 220
LAST_STAGE = "shown"


def show(visit: Visit) -> None:
    """Draw the page."""
    lake, say = visit.lake(), visit.say
    known = extent(lake, versions_key(lake, *CALENDAR_TABLES), cafes=visit.ids, simulated=visit.simulated)
    if known.first is None:
        draw_empty_state(visit, commands=True)
        return
    visit.draw(
        fragments.page_head(
            crumb=say("voice_page.crumb"), title=say("voice_page.title"), freshness=freshness(visit, known)
        )
    )
    with st.container(horizontal=True, key="controls"):
        options = {name: say("controls.period_days", days=days) for name, days in PERIODS.items()}
        chosen = url_choice(say("controls.period"), options, default="30", name="period", width=180)
        splits: dict[str, str] = {one: say(f"voice_page.group.{one}") for one in SPLITS}
        split = cast(
            Split, url_choice(say("voice_page.group.by"), splits, default="language", name="uppdelning", width=240)
        )
    last = known.last_sessions or visit.today
    first = last - timedelta(days=PERIODS[chosen] - 1)
    with PageSnapshot(lake, *TABLES, days=list(days_between(first, last))) as snapshot:
        found = voice_quality(
            snapshot, snapshot.key, cafes=visit.ids, first=first, last=last, simulated=visit.simulated
        )
    visit.draw(fragments.lead(_lead(visit, found), notes=[say("voice_page.clips")]))
    if found.turns:
        _stages(visit, found)
        _groups(visit, found.groups[split], split=split)


def _lead(visit: Visit, found: VoiceQuality) -> str:
    if not found.turns:
        return visit.say("voice_page.no_turns")
    turns = number(found.turns, language=visit.language)
    last = next((one.p95_ms for one in found.stages if one.stage == LAST_STAGE), None)
    if last is None:
        return visit.say("voice_page.no_latency", turns=turns)
    return visit.say("voice_page.lead", turns=turns, p95=_seconds(visit, last))


def _stages(visit: Visit, found: VoiceQuality) -> None:
    say = visit.say
    visit.draw(fragments.section_head(say("voice_page.stage.title"), summary=say("voice_page.stage.what")))
    if not found.stages:
        visit.draw(fragments.paragraph(say("voice_page.stage.none")))
        return
    words = {one.stage: say(f"voice_page.stage.{one.stage}") for one in found.stages}
    frame = pd.DataFrame(
        [{"stage": words[one.stage], "p50": (one.p50_ms or 0) / 1000, "p95": (one.p95_ms or 0) / 1000}
         for one in found.stages]
    )  # fmt: skip
    colours = palette()
    y = alt.Y(
        "stage:N", sort=list(words.values()), title=None, axis=alt.Axis(labelLimit=LABEL_PX, domain=False, ticks=False)
    )
    base = alt.Chart(frame)
    span = base.mark_rule(color=colours.pale, strokeWidth=8).encode(
        y=y, x=alt.X("p50:Q", title="s", scale=alt.Scale(zero=True)), x2="p95:Q"
    )
    median = base.mark_point(color=colours.green, filled=True, size=70, opacity=1).encode(y=y, x="p50:Q")
    last = found.stages[-1]
    st.altair_chart(
        charts.finished(alt.layer(span, median), visit=visit, height=AXIS_PX + STAGE_PX * len(found.stages)),
        width="stretch",
        alt=say("voice_page.stage.alt", stage=words[last.stage].lower(), value=_seconds(visit, last.p95_ms)),
    )
    rows = [
        {
            say("voice_page.stage.name"): words[one.stage],
            say("voice_page.stage.p50"): _seconds(visit, one.p50_ms),
            say("voice_page.stage.p95"): _seconds(visit, one.p95_ms),
            say("voice_page.stage.worst"): _seconds(visit, one.worst_ms),
            say("voice_page.stage.measured"): number(one.measured, language=visit.language),
        }
        for one in found.stages
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")


def _groups(visit: Visit, groups: tuple[HeardGroup, ...], *, split: Split) -> None:
    say = visit.say
    visit.draw(fragments.section_head(say("voice_page.group.title"), summary=say("voice_page.group.what")))
    rows = []
    for one in groups:
        row = {say(f"voice_page.group.{split}"): _name(visit, split, one.name)}
        row[say("voice_page.group.turns")] = number(one.turns, language=visit.language)
        for kind, count in (("silent", one.silent), ("unsure", one.unsure)):
            low, high = wilson(count, one.turns)
            row[say(f"voice_page.group.{kind}")] = measure(
                count / one.turns, unit="share", language=visit.language, decimals=1
            )
            row[say(f"voice_page.group.{kind}_range")] = interval(
                low, high, unit="share", language=visit.language, decimals=1
            )
        rows.append(row)
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")


def _name(visit: Visit, split: Split, value: str) -> str:
    if not value:
        return visit.say("voice_page.group.unknown")
    if split == "cafe":
        return next(cafe.name for cafe in visit.cafes if cafe.id == value)
    return visit.name_of("language", value) if split == "language" else value


def _seconds(visit: Visit, value: float | None) -> str:
    if value is None:
        return visit.say("overview.no_value")
    return measure(value / 1000, unit="seconds", language=visit.language, decimals=2)


show(current())
