"""The business KPIs of a period: figures, steps by mode, days, and cafés compared fairly."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import cast

import pandas as pd
import streamlit as st

from dashboards import fragments
from dashboards.charts import period_charts
from dashboards.choices.day_choice import freshness
from dashboards.choices.url_choice import url_choice
from dashboards.parts import basis_links, feedback_fragments
from dashboards.parts.empty_state import draw_empty_state
from dashboards.parts.fair_comparison_part import draw_comparison
from dashboards.parts.number_links import Behind, number_table
from dashboards.reading.cafe_day import Funnel
from dashboards.reading.calendar import TABLES as CALENDAR_TABLES
from dashboards.reading.calendar import Extent, extent
from dashboards.reading.fair_comparison import Figure, day_figure, fair_comparison, figure_of
from dashboards.reading.kpi_period import MEASURES, TABLES, KpiPeriod, Measure, ModeSteps, kpi_period
from dashboards.reading.page_snapshot import PageSnapshot, versions_key
from dashboards.reading.session_list import NO_MODE
from dashboards.visit import Visit, current
from dashboards.words.measure_words import basis_in_words, range_in_words, target_of, value_in_words
from pilot.business_days import days_between
from pilot.formatting import measure, short_day
from pilot.swedish_order import swedish_key
from pipelines.statistics.clustered import Ratio
from pipelines.statistics.intervals import wilson

PERIODS = {"7": 7, "30": 30}
WHOLE_PILOT = "piloten"
EVERY_CAFE = "alla"
NOTHING = Ratio(0, 0, 0, None)
STEPS = ("started", "consented", "spoke", "completed")


def show(visit: Visit) -> None:
    """Draw the page."""
    lake = visit.lake()
    known = extent(lake, versions_key(lake, *CALENDAR_TABLES), cafes=visit.ids, simulated=visit.simulated)
    if known.first is None or known.last is None:
        draw_empty_state(visit, commands=True)
        return
    say = visit.say
    head = fragments.page_head(
        crumb=say("kpi_page.crumb"), title=say("kpi_page.title"), freshness=freshness(visit, known)
    )
    visit.draw(head)
    with st.container(horizontal=True, key="controls"):
        first, last = _period(visit, known)
        cafes = _cafes(visit)
        code = cast(
            Measure,
            url_choice(
                say("controls.kpi"),
                {one: say(f"kpi_page.measure.{one}") for one in MEASURES},
                default="participation",
                name="matt",
                width=260,
            ),
        )
    days = list(days_between(first, last))
    period = partial(kpi_period, first=first, last=last, simulated=visit.simulated)
    with PageSnapshot(lake, *TABLES, days=days) as snapshot:
        key = snapshot.key
        shown = period(snapshot, key, cafes=cafes)
        every = shown if cafes == visit.ids else period(snapshot, key, cafes=visit.ids)
    behind = Behind(cafes, first, last)
    _figures(visit, shown, days=days, behind=behind)
    _steps(visit, shown, behind=behind)
    _by_day(visit, shown, code, days=days)
    draw_comparison(
        visit,
        code,
        fair_comparison(every, key, cafes=visit.ids, first=first, last=last, simulated=visit.simulated, measure=code),
    )


def _period(visit: Visit, known: Extent) -> tuple[date, date]:
    """Return the chosen period; it ends yesterday, because the day in progress would distort it."""
    options = {name: visit.say("controls.period_days", days=days) for name, days in PERIODS.items()}
    options[WHOLE_PILOT] = visit.say("kpi_page.whole")
    chosen = url_choice(visit.say("controls.period"), options, default="30", name="period", width=180)
    last = min(known.last or visit.today, visit.today - timedelta(days=1))
    if known.first and known.first > last:
        last = known.first
    if chosen == WHOLE_PILOT:
        return min(visit.home.cafes().pilot.first_day, last), last
    return last - timedelta(days=PERIODS[chosen] - 1), last


def _cafes(visit: Visit) -> tuple[str, ...]:
    options = {EVERY_CAFE: visit.say("pilot.all_cafes")}
    options |= {cafe.id: cafe.name for cafe in sorted(visit.cafes, key=lambda one: swedish_key(one.name))}
    chosen = url_choice(visit.say("controls.cafe"), options, default=EVERY_CAFE, name="kafeet", width=240)
    return visit.ids if chosen == EVERY_CAFE else (chosen,)


def _figures(visit: Visit, shown: KpiPeriod, *, days: list[date], behind: Behind) -> None:
    items = []
    for code in MEASURES:
        figure = figure_of(code, shown.totals.get(code, NOTHING))
        lines = [range_in_words(visit, code, figure.low, figure.high)] if figure.value is not None else []
        lines += [basis_links.basis(visit, code, figure, behind=behind), target_of(visit, code)]
        items.append(
            fragments.Figure(
                visit.say(f"kpi_page.measure.{code}"), value_in_words(visit, code, figure.value), tuple(lines)
            )
        )
    first, last = (short_day(day, language=visit.language) for day in (days[0], days[-1]))
    visit.draw(fragments.lead("", notes=[visit.say("kpi_page.period", first=first, last=last, days=len(days))]))
    visit.draw(fragments.figures(items))


def _steps(visit: Visit, shown: KpiPeriod, *, behind: Behind) -> None:
    say = visit.say
    visit.draw(fragments.section_head(say("kpi_page.steps.title"), summary=say("kpi_page.steps.what")))
    totals = {step: sum(getattr(one, step) for one in shown.modes) for step in STEPS}
    visit.draw(feedback_fragments.funnel(visit, Funnel(opened=shown.opened, **totals), behind=behind))
    rows = [_mode_row(visit, one, behind=behind) for one in shown.modes]
    if rows:
        heads = [say("kpi_page.steps.mode"), *(say(f"day.funnel.{step}") for step in STEPS)]
        heads += [say("kpi_page.measure.completion"), say("overview.trend.range")]
        visit.draw(number_table(say("kpi_page.steps.title"), heads, rows))


def _mode_row(visit: Visit, one: ModeSteps, *, behind: Behind) -> list[str]:
    """Return a mode's steps as numbers that open their sessions, and its share of completed ones."""
    name = visit.name_of("mode", one.mode) if one.mode else visit.say("kpi_page.steps.no_mode")
    low, high = wilson(one.completed, one.started)
    counts = [
        behind.opens(
            visit,
            getattr(one, step),
            f"{name}, {visit.say(f'day.funnel.{step}')}",
            step=step,
            mode=one.mode or NO_MODE,
        )
        for step in STEPS
    ]
    share = measure(one.completed / one.started, unit="share", language=visit.language, decimals=1)
    return [name, *counts, share, range_in_words(visit, "completion", low, high)]


def _by_day(visit: Visit, shown: KpiPeriod, code: Measure, *, days: list[date]) -> None:
    say = visit.say
    figures = {one.day: day_figure(code, one.numerator, one.denominator) for one in shown.days if one.measure == code}
    name = say(f"kpi_page.measure.{code}")
    visit.draw(fragments.section_head(say("kpi_page.by_day.title", measure=name), summary=say("kpi_page.by_day.what")))
    if not figures:
        visit.draw(fragments.paragraph(say("overview.trend.empty")))
        return
    latest = max(figures)
    alt = say(
        "kpi_page.by_day.alt",
        measure=name,
        days=len(days),
        day=short_day(latest, language=visit.language),
        value=value_in_words(visit, code, figures[latest].value),
        target=target_of(visit, code),
    )
    st.altair_chart(period_charts.by_day(visit, code, figures, days=days), width="stretch", alt=alt)
    with st.expander(say("overview.trend.table")):
        rows = _rows(visit, shown, code) if shown.of(code) else _day_rows(visit, figures, code)
        st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")


def _day_rows(visit: Visit, figures: dict[date, Figure], code: Measure) -> list[dict[str, str]]:
    return [
        {visit.say("controls.day"): short_day(day, language=visit.language)} | _figure_row(visit, code, figures[day])
        for day in sorted(figures, reverse=True)
    ]


def _rows(visit: Visit, shown: KpiPeriod, code: Measure) -> list[dict[str, str]]:
    names = {cafe.id: cafe.name for cafe in visit.cafes}
    found = [(one, day_figure(code, one.numerator, one.denominator)) for one in shown.of(code)]
    return [
        {
            visit.say("controls.day"): short_day(one.day, language=visit.language),
            visit.say("controls.cafe"): names[one.cafe],
        }
        | _figure_row(visit, code, figure)
        for one, figure in sorted(found, key=lambda each: (each[0].day, names[each[0].cafe]), reverse=True)
    ]


def _figure_row(visit: Visit, code: Measure, figure: Figure) -> dict[str, str]:
    return {
        visit.say("overview.trend.value"): value_in_words(visit, code, figure.value),
        visit.say("overview.trend.range"): range_in_words(visit, code, figure.low, figure.high),
        visit.say("kpi_page.basis.title"): basis_in_words(visit, code, figure),
    }


show(current())
