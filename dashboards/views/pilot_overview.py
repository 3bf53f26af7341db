"""The pilot overview: the verdict over all days, then a day's metrics, trends, volume and gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd
import streamlit as st
from markupsafe import Markup

from dashboards import fragments
from dashboards.charts import charts
from dashboards.choices.cafes_beside import MOST_BESIDE, cafes_beside
from dashboards.choices.day_choice import choose_day, day_name, freshness
from dashboards.parts import payment_table
from dashboards.parts.empty_state import draw_empty_state
from dashboards.parts.kpi_grid import kpi_grid
from dashboards.parts.number_links import Behind, number_table
from dashboards.parts.pilot_verdict import draw_pilot_verdict
from dashboards.reading.calendar import TABLES as CALENDAR_TABLES
from dashboards.reading.calendar import extent
from dashboards.reading.kpi_figures import TABLES, KpiFigure, PilotPeriod, Volume, pilot_period
from dashboards.reading.maintenance import BUDGET_MINUTES, Maintenance, maintenance
from dashboards.reading.maintenance import TABLES as MAINTENANCE_TABLES
from dashboards.reading.page_snapshot import PageSnapshot, versions_key
from dashboards.reading.payment_rails import TABLES as PAYMENT_TABLES
from dashboards.reading.payment_rails import payment_rails
from dashboards.visit import Visit, current
from dashboards.words.kpi_words import shown_interval, shown_value
from dashboards.words.reasons import COMMANDS, GAPS, reason
from pilot.business_days import days_between
from pilot.cafes import Cafe
from pilot.formatting import join_names, measure, number, short_day
from pilot.kpis import KPIS
from pilot.opening_hours import open_on

PERIODS_DAYS = (7, 30)
HEADROOM = 1.08  # upper end of an axis: this times the highest value
SECONDS_HEADROOM = HEADROOM * 1.25


def show(visit: Visit) -> None:
    """Draw the page."""
    lake = visit.lake()
    key = versions_key(lake, *CALENDAR_TABLES)
    known = extent(lake, key, cafes=visit.ids, simulated=visit.simulated)
    if known.first is None:
        draw_empty_state(visit, commands=True)
        return
    visit.draw(
        fragments.page_head(
            crumb=visit.say("overview.crumb"), title=visit.say("overview.title"), freshness=freshness(visit, known)
        )
    )
    draw_pilot_verdict(visit)
    visit.draw(fragments.section_head(visit.say("overview.day_title"), summary=visit.say("overview.day_what")))
    with st.container(horizontal=True, key="controls"):
        over = extent(lake, key, cafes=visit.ids, simulated=visit.simulated, before=visit.today)
        day = choose_day(visit, known, preferred=over.last_sessions)
    tables = (*TABLES, *MAINTENANCE_TABLES, *PAYMENT_TABLES)
    on_show = list(days_between(day - timedelta(days=max(PERIODS_DAYS) - 1), day))
    with PageSnapshot(lake, *tables, days=on_show) as snapshot:
        every = pilot_period(snapshot, snapshot.key, cafes=visit.ids, last=day, days=1, simulated=visit.simulated)
        shown = every.on(day)
        _lead(visit, day=day, shown=list(shown.values()))
        cafes = cafes_beside(visit, shown.values())
        ids = tuple(cafe.id for cafe in cafes)
        period = pilot_period(
            snapshot, snapshot.key, cafes=ids, last=day, days=max(PERIODS_DAYS), simulated=visit.simulated
        )
        planned = maintenance(
            snapshot, snapshot.key, cafes=ids, last=day, days=max(PERIODS_DAYS), simulated=visit.simulated
        )
        rails = payment_rails(
            snapshot, snapshot.key, cafes=visit.ids, last=day, days=max(PERIODS_DAYS), simulated=visit.simulated
        )
    behind = {cafe.id: Behind((cafe.id,), day, day) for cafe in cafes}
    visit.draw(kpi_grid(visit, {cafe.id: cafe.name for cafe in cafes}, shown, behind=behind))
    visit.draw(fragments.lead("", notes=[visit.say("overview.interval_note"), *_planned(visit, planned)]))
    if not visit.tests and day != visit.today:  # Data missing from a day in progress may still arrive.
        _missing(visit, day=day, shown=shown)
    payment_table.draw(visit, rails, days=max(PERIODS_DAYS))
    days = _trend(visit, period, cafes=cafes, last=day)
    _volume(visit, period, cafes=cafes, days=days)


def _lead(visit: Visit, *, day: date, shown: Sequence[KpiFigure]) -> None:
    say = visit.say
    counts = Counter(figure.verdict for figure in shown)
    total = len(KPIS) * len(visit.cafes)
    counts["missing"] += total - len(shown)
    rest = [
        say(f"overview.lead_{verdict}", count=number(counts[verdict], language=visit.language))
        for verdict in ("missed", "cannot_tell", "missing")
        if counts[verdict]
    ]
    met = number(counts["met"], language=visit.language)
    text = say("overview.lead", met=met, all=total, day=day_name(visit, day))
    if rest:
        text += f" {join_names(rest, language=visit.language)}."
    visit.draw(fragments.lead(text, notes=[say("overview.partial")] if day == visit.today else []))


def _planned(visit: Visit, planned: Sequence[Maintenance]) -> list[str]:
    """Return a sentence for each café with planned maintenance: its uptime with it and without it."""

    def share(value: float) -> str:
        return measure(value, unit="share", language=visit.language, decimals=2)

    names = {cafe.id: cafe.name for cafe in visit.cafes}
    return [
        visit.say(
            "overview.planned",
            cafe=names[one.cafe],
            days=max(PERIODS_DAYS),
            minutes=number(one.minutes, language=visit.language),
            budget=BUDGET_MINUTES,
            with_it=share(one.uptime),
            without_it=share(one.unplanned_uptime),
        )
        for one in planned
    ]


def _missing(visit: Visit, *, day: date, shown: dict[tuple[str, str], KpiFigure]) -> None:
    say = visit.say
    visit.draw(fragments.section_head(say("overview.missing.title")))
    gaps: dict[str, dict[str, None]] = {}
    for figure in shown.values():
        gaps.setdefault(reason(figure), {})[figure.cafe] = None
    listed_gaps = [gap for gap in GAPS if gap in gaps]
    if not listed_gaps:
        visit.draw(fragments.paragraph(say("overview.missing.none")))
        return
    names = {cafe.id: cafe.name for cafe in visit.cafes}
    for gap in listed_gaps:
        ids = [one for one in names if one in gaps[gap]]
        cafes = join_names([names[one] for one in ids[:MOST_BESIDE]], language=visit.language)
        if len(ids) > MOST_BESIDE:
            cafes = say("overview.beside.many", count=number(len(ids), language=visit.language), some=cafes)
        visit.draw(fragments.gap(title=say(f"gap.{gap}.title"), cafes=cafes, remedy=say(f"gap.{gap}.do")))
        if gap in COMMANDS:
            lines = dict.fromkeys(
                COMMANDS[gap].format(cafe=one, day=day, count=say("gap.count")) for one in ids[:MOST_BESIDE]
            )
            st.code("\n".join(lines), language=None, wrap_lines=True)


def _trend(visit: Visit, period: PilotPeriod, *, cafes: Sequence[Cafe], last: date) -> list[date]:
    say = visit.say
    visit.draw(fragments.section_head(say("overview.trend.title"), summary=say("overview.trend.what")))
    with st.container(horizontal=True, key="trend"):
        kpi = st.selectbox(
            say("controls.kpi"),
            list(KPIS),
            index=list(KPIS).index("completion"),
            format_func=lambda one: say(f"kpi.{one}.name"),
            key="matt",
            width=240,
        )
        length = st.segmented_control(
            say("controls.period"),
            PERIODS_DAYS,
            default=max(PERIODS_DAYS),
            required=True,
            format_func=lambda one: say("controls.period_days", days=one),
            key="trend_days",
        )
    # The axis of a pilot younger than the period begins at its first day, not with empty days.
    known = [figure.day for figure in period.figures]
    shortest = last - timedelta(days=min(PERIODS_DAYS) - 1)
    first = min(max(last - timedelta(days=length - 1), min(known, default=last)), shortest)
    days = list(days_between(first, last))
    chosen = [figure for figure in period.figures if figure.kpi == kpi and figure.day in set(days)]
    top = _top(chosen)
    for cafe, column in zip(cafes, st.columns(len(cafes), gap="medium"), strict=True):
        own = [figure for figure in chosen if figure.cafe == cafe.id]
        with column:
            visit.draw(fragments.chart_head(cafe.name, summary=_verdict_counts(visit, own)))
            if not any(figure.value is not None for figure in own):
                visit.draw(fragments.paragraph(say("overview.trend.empty")))
                continue
            latest = next(figure for figure in reversed(own) if figure.value is not None)
            st.altair_chart(
                charts.trend(visit, own, kpi=kpi, days=days, top=top),
                width="stretch",
                alt=say(
                    "overview.trend.alt",
                    kpi=say(f"kpi.{kpi}.name"),
                    cafe=cafe.name,
                    days=length,
                    value=shown_value(visit, latest),
                ),
            )
    with st.expander(say("overview.trend.table")):
        _table(visit, chosen)
    return days


def _top(chosen: Sequence[KpiFigure]) -> float:
    """Return the upper end of the axis; at most 100 % for a share, for seconds without the intervals.

    One wide interval must not flatten the rest.
    """
    if not chosen:
        return 1.0
    ends = [figure.target for figure in chosen] + [figure.value for figure in chosen if figure.value is not None]
    if chosen[0].unit == "seconds":
        return max(ends) * SECONDS_HEADROOM
    ends += [figure.high for figure in chosen if figure.high is not None]
    return min(1.0, max(ends) * HEADROOM)


def _verdict_counts(visit: Visit, own: Sequence[KpiFigure]) -> str:
    counts = Counter(figure.verdict for figure in own)
    return visit.say(
        "overview.trend.counts",
        met=counts["met"],
        missed=counts["missed"],
        open=counts["cannot_tell"],
        missing=counts["missing"],
    )


def _table(visit: Visit, chosen: Sequence[KpiFigure]) -> None:
    names = {cafe.id: cafe.name for cafe in visit.cafes}
    say = visit.say
    st.dataframe(
        pd.DataFrame(
            [
                {
                    say("controls.day"): short_day(figure.day, language=visit.language),
                    say("controls.cafe"): names[figure.cafe],
                    say("overview.trend.value"): shown_value(visit, figure),
                    say("overview.trend.range"): shown_interval(visit, figure),
                    say("overview.trend.verdict"): say(f"verdict.{figure.verdict}"),
                }
                for figure in reversed(chosen)
            ]
        ),
        hide_index=True,
        width="stretch",
    )


def _volume(visit: Visit, period: PilotPeriod, *, cafes: Sequence[Cafe], days: list[date]) -> None:
    say = visit.say
    visit.draw(fragments.section_head(say("overview.volume.title"), summary=say("overview.volume.what")))
    within = [row for row in period.volumes if row.day in set(days)]
    bands = [cafe.expected_feedbacks_per_day.high for cafe in cafes]
    top = int(max([*bands, *(row.completed for row in within)]) * HEADROOM)
    for cafe, column in zip(cafes, st.columns(len(cafes), gap="medium"), strict=True):
        expected = cafe.expected_feedbacks_per_day
        own = [row for row in within if row.cafe == cafe.id]
        # Today may still reach the band. Days without sessions count, from the first day with one.
        begun = min((row.day for row in own), default=visit.today)
        past = [day for day in days if begun <= day < visit.today and open_on(cafe, day)]
        inside = sum(row.completed >= expected.low for row in own if row.day in set(past))
        with column:
            summary = say("overview.volume.inside", inside=inside, days=len(past), low=expected.low, high=expected.high)
            visit.draw(fragments.chart_head(cafe.name, summary=summary))
            st.altair_chart(
                charts.volume(visit, own, band=expected, days=days, top=top),
                width="stretch",
                alt=say("overview.volume.alt", cafe=cafe.name, low=expected.low, high=expected.high),
            )
    with st.expander(say("overview.volume.table")):
        visit.draw(_volume_table(visit, cafes, within))


def _volume_table(visit: Visit, cafes: Sequence[Cafe], rows: Sequence[Volume]) -> Markup:
    """Return the days as numbers that open their sessions, latest first."""
    names = {cafe.id: cafe.name for cafe in cafes}
    heads = [visit.say("controls.day"), visit.say("controls.cafe")]
    heads += [visit.say("day.figure.started"), visit.say("day.figure.completed")]
    lines = []
    for one in sorted((row for row in rows if row.cafe in names), key=lambda row: (row.day, row.cafe), reverse=True):
        day, behind = short_day(one.day, language=visit.language), Behind((one.cafe,), one.day, one.day)
        counts = [
            behind.opens(visit, count, f"{name}, {names[one.cafe]}, {day}", step=step)
            for step, name, count in (("started", heads[2], one.started), ("completed", heads[3], one.completed))
        ]
        lines.append((day, names[one.cafe], *counts))
    return number_table(visit.say("overview.volume.title"), heads, lines)


show(current())
