"""The list of sessions that a number opens: the same filter, redacted words, the count at its head."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from dashboards import fragments
from dashboards.choices.period_choice import choose_period
from dashboards.choices.session_filter import CAFE, EVERY_CAFE, NAMES, read_filter
from dashboards.choices.url_choice import url_choice
from dashboards.parts import feedback_fragments
from dashboards.parts.empty_state import draw_empty_state
from dashboards.reading.calendar import TABLES as CALENDAR_TABLES
from dashboards.reading.calendar import extent
from dashboards.reading.page_snapshot import PageSnapshot, versions_key
from dashboards.reading.session_list import TABLES, ListedSession, SessionFilter, session_list
from dashboards.visit import Visit, current
from pilot.business_days import business_day, days_between
from pilot.formatting import clock_time, long_day, number, short_day
from pilot.identifiers import readable

A_TIME = 30
MORE = "more_sessions"
NAMED_AS: dict[str, str] = {"theme": "aspect", "polarity": "happy.kind", "mode": "mode", "daypart": "guests.daypart"}


def show(visit: Visit) -> None:
    """Draw the page."""
    lake, say = visit.lake(), visit.say
    known = extent(lake, versions_key(lake, *CALENDAR_TABLES), cafes=visit.ids, simulated=visit.simulated)
    if known.first is None:
        draw_empty_state(visit)
        return
    head = st.container()
    wanted = read_filter(st.query_params.to_dict())
    with st.container(horizontal=True, key="controls"):
        cafes = _cafes(visit)
        first, last = choose_period(visit, known)
    days = {"first": long_day(first, language=visit.language), "last": long_day(last, language=visit.language)}
    period = days["first"] if first == last else say("sessions.period", **days)
    with head:
        visit.draw(fragments.page_head(crumb=say("sessions.crumb"), title=say("sessions.title"), freshness=period))
    with PageSnapshot(lake, *TABLES, days=list(days_between(first, last))) as snapshot:
        found = session_list(
            snapshot,
            snapshot.key,
            cafes=cafes,
            first=first,
            last=last,
            simulated=visit.simulated,
            wanted=wanted,
            most=A_TIME * st.session_state.get(MORE, 1),
            cover=visit.cover,
        )
    count = number(found.total, language=visit.language)
    key = "none" if not found.total else "one" if found.total == 1 else "some"
    visit.draw(fragments.lead(say(f"sessions.found.{key}", count=count), notes=[_filter_in_words(visit, wanted)]))
    if wanted != SessionFilter():
        st.button(say("sessions.all"), key="all_sessions", on_click=_drop_filter)
    if found.shown:
        visit.draw(_list(visit, found.shown))
    if found.total > len(found.shown):
        st.button(say("sessions.more"), key="show_more_sessions", on_click=_more)


def _cafes(visit: Visit) -> tuple[str, ...]:
    names = {EVERY_CAFE: visit.say("pilot.all_cafes")} if len(visit.cafes) > 1 else {}
    names |= {cafe.id: cafe.name for cafe in visit.cafes}
    chosen = url_choice(visit.say("controls.cafe"), names, default=visit.cafes[0].id, name=CAFE, width=240)
    return visit.ids if chosen == EVERY_CAFE else (chosen,)


def _drop_filter() -> None:
    for word in NAMES.values():
        st.query_params.pop(word, None)
    st.session_state[MORE] = 1


def _more() -> None:
    st.session_state[MORE] = st.session_state.get(MORE, 1) + 1


def _filter_in_words(visit: Visit, wanted: SessionFilter) -> str:
    """Return what the list is filtered by; empty without a filter."""
    parts = []
    for name in NAMES:
        value = getattr(wanted, name)
        if not value:
            continue
        if name == "hour":
            parts.append(visit.say("sessions.filter.hour", hour=f"{int(value):02d}"))
        elif name == "band":
            parts.append(visit.say("sessions.filter.band", band=value.replace("-", "–")))
        elif name in NAMED_AS and value != "none":
            parts.append(visit.name_of(NAMED_AS[name], value))
        else:
            parts.append(visit.say(f"sessions.filter.{name}.{value}"))
    return visit.say("sessions.filtered", parts=", ".join(parts).lower()) if parts else ""


def _list(visit: Visit, shown: tuple[ListedSession, ...]) -> Markup:
    names = {cafe.id: cafe.name for cafe in visit.cafes}
    items = []
    for one in shown:
        spoken = readable(one.reference)
        day = short_day(business_day(one.at), language=visit.language)
        details = [names.get(one.cafe, "")]
        if one.feedback is not None:  # its words come with the time and the mode
            details += [day, visit.say(f"happy.kind.{one.feedback.satisfaction}").lower()]
        else:
            mode = visit.name_of("mode", one.mode) if one.mode else visit.say("kpi_page.steps.no_mode")
            details += [f"{day} {clock_time(one.at)}", mode, visit.say(f"sessions.outcome.{one.outcome}")]
        if one.reward == "held":
            details.append(visit.say("sessions.filter.reward.held"))
        items.append(
            {
                "id": one.session_id,
                "reference": f"{spoken[:3]} {spoken[3:]}" if spoken else visit.say("sessions.no_reference"),
                "details": [each for each in details if each],
                "words": Markup("")
                if one.feedback is None
                else feedback_fragments.quotes(visit, [one.feedback], anchored=False),
            }
        )
    return fragments.render("sessions", items=items)


show(current())
