"""The page of a café's day: the guests' feedback, what to act on first, and the drop-off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import streamlit as st
from markupsafe import Markup

from dashboards import fragments
from dashboards.actions.customer_count import customer_count
from dashboards.charts import charts
from dashboards.choices.cafe_choice import choose_cafe
from dashboards.choices.day_choice import choose_day, day_name, freshness
from dashboards.fragments import Figure
from dashboards.parts import feedback_fragments
from dashboards.parts.empty_state import draw_empty_state
from dashboards.parts.number_links import Behind, number_table
from dashboards.parts.satisfaction_fragments import satisfaction
from dashboards.reading.cafe_day import TABLES, CafeDay, Feedback, cafe_day
from dashboards.reading.calendar import TABLES as CALENDAR_TABLES
from dashboards.reading.calendar import Extent, extent
from dashboards.reading.page_snapshot import PageSnapshot, versions_key
from dashboards.reading.satisfaction import TABLES as SATISFACTION_TABLES
from dashboards.reading.satisfaction import Period, compared_days, period
from dashboards.reading.volume import TABLES as VOLUME_TABLES
from dashboards.reading.volume import volume_episodes
from dashboards.visit import Visit, current
from dashboards.words.kpi_words import shown_interval, shown_value
from dashboards.words.volume_words import episode_in_words
from pilot.business_days import at_local
from pilot.cafes import Cafe
from pilot.formatting import measure, number
from pilot.kpis import KPIS
from pilot.opening_hours import hours_on
from pipelines.volume.episodes import Episode

SHOWN_AT_FIRST = 15
HAPPY_DAYS = 7  # compared with the four weeks before: one day has too few guests
BEFORE_DAYS = 28


def show(visit: Visit) -> None:
    """Draw the page."""
    lake = visit.lake()
    key = versions_key(lake, *CALENDAR_TABLES)
    days = extent(lake, key, cafes=visit.ids, simulated=visit.simulated)
    if days.first is None:
        draw_empty_state(visit)
        return
    head = st.container()
    with st.container(horizontal=True, key="controls"):
        cafe = choose_cafe(visit)
        own = extent(lake, key, cafes=(cafe.id,), simulated=visit.simulated)
        day = choose_day(visit, own if own.first else days)
    with PageSnapshot(lake, *TABLES, *VOLUME_TABLES, days=[day]) as snapshot:
        shown = cafe_day(
            snapshot, snapshot.key, cafes=(cafe.id,), day=day, simulated=visit.simulated, cover=visit.cover
        )
        odd = volume_episodes(snapshot, snapshot.key, cafe=cafe.id, day=day, simulated=visit.simulated)
    week = day - timedelta(days=HAPPY_DAYS - 1)
    with PageSnapshot(lake, *SATISFACTION_TABLES, days=compared_days(week, day, before=BEFORE_DAYS)) as snapshot:
        happy = period(snapshot, snapshot.key, cafe=cafe.id, first=week, last=day, simulated=visit.simulated)
    with head:
        visit.draw(
            fragments.page_head(
                crumb=visit.say("day.crumb"), title=cafe.name, freshness=freshness(visit, own if own.first else days)
            )
        )
    if not shown.funnel.opened:
        _empty_day(visit, cafe, day)
        customer_count(visit, cafe, day=day)
        return
    alarm, figures, feedback = st.container(), st.container(), st.container()
    # The feedback is drawn first: the alarm's links lead to it, and work from the moment they are there.
    with feedback:
        _all_feedback(visit, shown)
    urgent = [one for one in shown.feedback if one.urgent]
    if urgent:
        with alarm:
            visit.draw(feedback_fragments.urgent(visit, urgent))
    with figures:
        _day_in_figures(visit, cafe, day=day, shown=shown, happy=happy, extent=own, odd=odd)


def _day_in_figures(
    visit: Visit, cafe: Cafe, *, day: date, shown: CafeDay, happy: Period, extent: Extent, odd: Sequence[Episode]
) -> None:
    _lead(visit, cafe, day=day, shown=shown, extent=extent, odd=[episode_in_words(visit, one) for one in odd])
    title = fragments.section_head(visit.say("happy.title"), summary=visit.say("happy.what"))
    week = Behind((cafe.id,), day - timedelta(days=HAPPY_DAYS - 1), day)
    visit.draw(satisfaction(visit, happy, head=title, behind=week))
    behind = Behind((cafe.id,), day, day)
    _figures(visit, cafe, shown, behind=behind)
    left, right = st.columns([3, 2], gap="large")
    with left:
        visit.draw(fragments.section_head(visit.say("day.hours.title"), summary=visit.say("day.hours.what")))
        if shown.hours:
            st.altair_chart(
                charts.hours(visit, cafe, day=day, rows=shown.hours),
                width="stretch",
                alt=charts.hours_in_words(visit, shown.hours),
            )
            with st.expander(visit.say("day.hours.table")):
                visit.draw(_hours_table(visit, shown, behind))
        else:
            visit.draw(fragments.paragraph(visit.say("day.hours.none")))
    with right:
        title = fragments.section_head(visit.say("day.funnel.title"))
        visit.draw(title + feedback_fragments.funnel(visit, shown.funnel, behind=behind))
    _act_first(visit, shown)
    customer_count(visit, cafe, day=day)


def _is_over(visit: Visit, cafe: Cafe, day: date) -> bool:
    """Return whether the café has closed on `day`; if it does not open, whether the day is past."""
    window = hours_on(cafe, day).window
    return day < visit.today if window is None else visit.now >= at_local(day, window[1])


def _lead(visit: Visit, cafe: Cafe, *, day: date, shown: CafeDay, extent: Extent, odd: list[str]) -> None:
    steps, expected = shown.funnel, cafe.expected_feedbacks_per_day
    fields = {
        "completed": number(steps.completed, language=visit.language),
        "started": number(steps.started, language=visit.language),
        "opened": number(steps.opened, language=visit.language),
        "low": expected.low,
        "high": expected.high,
    }
    is_over = _is_over(visit, cafe, day)
    text = visit.say(f"day.lead.{_lead_key(cafe, shown, is_over=is_over)}", **fields)
    count = sum(one.is_actionable for one in shown.feedback)
    if count:
        text += " " + visit.say(
            "day.lead.act_one" if count == 1 else "day.lead.act", count=number(count, language=visit.language)
        )
    notes = [*odd]
    if day == visit.today and not is_over:
        notes.append(visit.say("day.not_over"))
    if visit.home.kind == "real" and day == extent.last_sessions and day < visit.today:
        notes.append(visit.say("day.latest"))
    visit.draw(fragments.lead(text, notes=notes))


def _lead_key(cafe: Cafe, shown: CafeDay, *, is_over: bool) -> str:
    """Return the key of the day's first sentence; only a completed day can be below the band."""
    steps, expected = shown.funnel, cafe.expected_feedbacks_per_day
    if not steps.started:
        return "opened_one" if steps.opened == 1 else "opened"
    if not steps.completed:
        return "none_one" if steps.started == 1 else "none"
    if steps.completed > expected.high:
        return "above"
    if steps.completed >= expected.low:
        return "inside"
    if steps.completed == 1:
        return "one" if is_over else "one_so_far"
    return "below" if is_over else "so_far"


def _hours_table(visit: Visit, shown: CafeDay, behind: Behind) -> Markup:
    """Return the hours as numbers that open their sessions."""
    heads = [visit.say("day.hours.axis_hour"), visit.say("day.hours.completed"), visit.say("day.hours.left")]
    rows = [
        (
            f"{one.hour:02d}",
            behind.opens(visit, one.completed, f"{heads[1]}, {one.hour:02d}", step="completed", hour=str(one.hour)),
            behind.opens(visit, one.left, f"{heads[2]}, {one.hour:02d}", step="left", hour=str(one.hour)),
        )
        for one in shown.hours
    ]
    return number_table(visit.say("day.hours.title"), heads, rows)


def _figures(visit: Visit, cafe: Cafe, shown: CafeDay, *, behind: Behind) -> None:
    steps, expected, language = shown.funnel, cafe.expected_feedbacks_per_day, visit.language
    completion = shown.completion
    if completion is None or completion.value is None:
        value = visit.say("overview.no_value")
        lines: tuple[str, ...] = (visit.say("day.figure.completion_none"),)
    else:
        value = shown_value(visit, completion)
        target = measure(KPIS["completion"].target, unit="share", language=language, decimals=0)
        lines = (
            shown_interval(visit, completion),
            visit.say("day.figure.completion_target", target=target),
            fragments.verdict_badge(completion.verdict, words=visit.say(f"verdict.{completion.verdict}")),
        )
    average = shown.average_score
    visit.draw(
        fragments.figures(
            (
                Figure(
                    visit.say("day.figure.completed"),
                    behind.opens(visit, steps.completed, visit.say("day.figure.completed"), step="completed"),
                    (visit.say("day.figure.completed_band", low=expected.low, high=expected.high),),
                ),
                Figure(
                    visit.say("day.figure.started"),
                    behind.opens(visit, steps.started, visit.say("day.figure.started"), step="started"),
                    (visit.say("day.figure.started_of", opened=number(steps.opened, language=language)),),
                ),
                Figure(visit.say("day.figure.completion"), value, lines),
                Figure(
                    visit.say("day.figure.score"),
                    visit.say("overview.no_value") if average is None else number(average, language=language),
                    (visit.say("day.figure.score_none" if average is None else "day.figure.score_what"),),
                ),
            )
        )
    )


def _act_first(visit: Visit, shown: CafeDay) -> None:
    if not shown.feedback:
        return
    act, praise = st.columns(2, gap="medium")
    with act:
        visit.draw(feedback_fragments.act_first(visit, shown.act_first, aspect_counts=shown.aspect_counts))
    with praise:
        visit.draw(feedback_fragments.praised(visit, shown.praised))


def _all_feedback(visit: Visit, shown: CafeDay) -> None:
    listed = [one for one in shown.feedback if one.urgent or not one.signals]
    signalled = [one for one in shown.feedback if one.signals and not one.urgent]
    visit.draw(fragments.section_head(visit.say("day.said.title"), summary=visit.say("day.said.what")))
    if not shown.feedback:
        visit.draw(fragments.paragraph(visit.say("day.said.none")))
        return
    show_all = len(listed) <= SHOWN_AT_FIRST or st.session_state.get("all_said", False)
    # Urgent feedback is always on the page, because links lead to it.
    urgent_rest = [one for one in listed[SHOWN_AT_FIRST:] if one.urgent]
    _quotes(visit, listed if show_all else listed[:SHOWN_AT_FIRST] + urgent_rest)
    if len(listed) > SHOWN_AT_FIRST:
        st.toggle(visit.say("day.said.more", count=len(listed)), key="all_said")
    if signalled:
        with st.expander(visit.say("day.said.aside_title", count=len(signalled))):
            visit.draw(fragments.paragraph(visit.say("day.said.aside_what")))
            _quotes(visit, signalled)


def _quotes(visit: Visit, some: list[Feedback]) -> None:
    if some:
        visit.draw(feedback_fragments.quotes(visit, some))


def _empty_day(visit: Visit, cafe: Cafe, day: date) -> None:
    hours = hours_on(cafe, day)
    if hours.window is None:
        why = f" ({hours.reason.in_language(visit.language)})" if hours.reason else ""
        text, title = visit.say("day.empty.closed", day=day_name(visit, day), why=why), "closed_title"
    else:
        when = "future" if day > visit.today else "today" if day == visit.today else "past"
        text, title = visit.say(f"day.empty.{when}", day=day_name(visit, day)), "title"
    visit.draw(fragments.section_head(visit.say(f"day.empty.{title}")) + fragments.paragraph(text))


show(current())
