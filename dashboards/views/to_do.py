"""The page To do: this week's three things, the cases, what became of last week's, and the recovery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import streamlit as st

from dashboards import fragments
from dashboards.actions.case_actions import case_actions, draw_result, make_case, new_case
from dashboards.choices.cafe_choice import choose_cafe
from dashboards.parts import case_fragments, feedback_fragments
from dashboards.parts.empty_state import draw_empty_state
from dashboards.reading.calendar import TABLES as CALENDAR_TABLES
from dashboards.reading.calendar import extent
from dashboards.reading.page_snapshot import PageSnapshot, versions_key
from dashboards.reading.to_do import TABLES, WORDS_TABLES, feedback_of_weeks, words_of
from dashboards.visit import Visit, current
from operations.week_of_cases import week_of_cases
from pilot.business_days import session_day
from pilot.cafes import Cafe
from pilot.formatting import period
from pipelines.cases.aftermath import aftermath
from pipelines.cases.feedback_claims import DAYS_A_WEEK, feedback_days, monday_of, week_before
from pipelines.cases.proposals import NOT_A_THING, URGENT, Proposals
from pipelines.cases.recovery import CaseFacts, recovery
from pipelines.language.labels import THEMES as THEME_NAMES
from storage.errors import StoreAway
from storage.store.cafes.cases import Case, Replies, cases_of, replies_of, sessions_of

if TYPE_CHECKING:
    import polars as pl

RECOVERY_DAYS = 90
MOST_WORDS = 30  # answers shown of one case


@dataclass(frozen=True, slots=True)
class _Cases:
    """A café's cases with their sessions and the guests' side."""

    all: Sequence[Case]
    sessions: Mapping[str, Sequence[str]]
    replies: Mapping[str, Replies]


def show(visit: Visit) -> None:
    """Draw the page."""
    lake = visit.lake()
    days = extent(lake, versions_key(lake, *CALENDAR_TABLES), cafes=visit.ids, simulated=visit.simulated)
    if days.first is None:
        draw_empty_state(visit)
        return
    week = monday_of(visit.today)
    head = st.container()
    with st.container(horizontal=True, key="controls"):
        cafe = choose_cafe(visit)
    with head:
        crumb = visit.say("todo.crumb", week=week.isocalendar().week)
        visit.draw(fragments.page_head(crumb=crumb, title=cafe.name, freshness=""))
    with PageSnapshot(lake, *TABLES, days=feedback_days(week)) as snapshot:
        feedback = feedback_of_weeks(snapshot, snapshot.key, cafe=cafe.id, week=week, simulated=visit.simulated)
    try:
        cases = _cases(visit, cafe)
    except StoreAway:
        visit.draw(fragments.paragraph(visit.say("todo.away")))
        return
    draw_result(visit)
    drawn = _this_week(visit, cafe, week=week, feedback=feedback, cases=cases)
    _last_week(visit, week=week - timedelta(days=DAYS_A_WEEK), feedback=feedback, cases=cases)
    drawn |= {each.id for each in cases.all if each.week == week - timedelta(days=DAYS_A_WEEK)}
    _others(visit, cafe, [each for each in cases.all if each.id not in drawn], cases=cases)
    _recovery(visit, cases)


def _cases(visit: Visit, cafe: Cafe) -> _Cases:
    store = visit.store(cafe=cafe.id, permission="feedback")
    since = visit.now - timedelta(days=RECOVERY_DAYS)
    mine = (cafe.id,)
    return _Cases(
        cases_of(store, mine, simulated=visit.simulated, since=since),
        sessions_of(store, mine, simulated=visit.simulated),
        replies_of(store, mine, simulated=visit.simulated),
    )


def _this_week(visit: Visit, cafe: Cafe, *, week: date, feedback: pl.DataFrame, cases: _Cases) -> set[str]:
    """Draw this week's three; return the cases among them."""
    found = week_of_cases(feedback, week=week, cases=cases.all, sessions=cases.sessions)
    visit.draw(fragments.lead(_lead(visit, found)))
    drawn: set[str] = set()
    if not found.items:
        return drawn
    visit.draw(fragments.section_head(visit.say("todo.week.title"), summary=visit.say("todo.week.what")))
    of_week = {each.subject: each for each in reversed(cases.all) if each.week == week}
    for item in found.items:
        with st.container(border=True, key=f"thing-{cafe.id}-{item.subject}"):
            case = of_week.get(item.subject)
            if case is not None:
                _case(visit, case, cases)
                drawn.add(case.id)
                continue
            visit.draw(case_fragments.proposal(visit, item))
            _words(visit, cafe.id, item.subject, sessions=item.sessions, name=f"proposal-{cafe.id}-{item.subject}")
            make_case(visit, cafe.id, subject=item.subject, sessions=item.sessions)
    return drawn


def _lead(visit: Visit, found: Proposals) -> str:
    fields = {"count": found.feedbacks, "period": period(*week_before(found.week), language=visit.language)}
    if found.state == "enough":
        return visit.say("todo.lead.enough" if found.items else "todo.lead.nothing", **fields)
    key = f"{found.state}_urgent" if found.items else "few_one" if found.feedbacks == 1 else found.state
    return visit.say(f"todo.lead.{key}", **fields)


def _case(visit: Visit, case: Case, cases: _Cases, *, extra: tuple[str, ...] = ()) -> None:
    replies = cases.replies.get(case.id)
    visit.draw(case_fragments.case(visit, case, replies=replies, extra=extra))
    sessions = tuple(cases.sessions.get(case.id, ()))
    if sessions:
        _words(visit, case.cafe, case.subject, sessions=sessions, name=case.id)
    case_actions(visit, case, replies=replies)


def _words(visit: Visit, cafe: str, subject: str, *, sessions: tuple[str, ...], name: str) -> None:
    """Draw the guests' words on demand: they are read only once the reader asks for them."""
    title = visit.say("todo.case.read", count=len(sessions), subject=case_fragments.subject_name(visit, subject))
    if not st.toggle(title, key=f"words-{name}"):
        return
    newest = tuple(sorted(sessions)[-MOST_WORDS:])
    days = tuple(sorted({session_day(session) for session in newest}))
    with PageSnapshot(visit.lake(), *WORDS_TABLES, days=days) as snapshot:
        said = words_of(
            snapshot, snapshot.key, cafe=cafe, sessions=newest, days=days, simulated=visit.simulated, cover=visit.cover
        )
    if said:
        visit.draw(feedback_fragments.quotes(visit, said))
    else:
        visit.draw(fragments.paragraph(visit.say("todo.case.no_words")))


def _last_week(visit: Visit, *, week: date, feedback: pl.DataFrame, cases: _Cases) -> None:
    taken = [each for each in cases.all if each.week == week]
    summary = visit.say("todo.last.what" if taken else "todo.last.none")
    visit.draw(fragments.section_head(visit.say("todo.last.title"), summary=summary))
    for case in taken:
        if case.subject == URGENT:
            became = visit.say("todo.last.urgent")
        else:
            became = case_fragments.became(visit, aftermath(feedback, theme=case.subject, week=week))
        with st.container(border=True, key=f"last-{case.id}"):
            _case(visit, case, cases, extra=(became,))


def _others(visit: Visit, cafe: Cafe, rest: Sequence[Case], *, cases: _Cases) -> None:
    """Draw the cases that are in neither week's list."""
    active = [each for each in rest if each.status in ("open", "doing")]
    closed = [each for each in rest if each.status in ("done", "dropped")]
    summary = visit.say("todo.case.what" if active else "todo.case.none")
    visit.draw(fragments.section_head(visit.say("todo.case.title"), summary=summary))
    for case in active:
        with st.container(border=True, key=f"case-{case.id}"):
            _case(visit, case, cases)
    new_case(visit, cafe.id, themes=[theme for theme in THEME_NAMES if theme != NOT_A_THING])
    if closed and st.toggle(visit.say("todo.case.earlier", count=len(closed)), key="closed"):
        for case in closed:
            with st.container(border=True, key=f"case-{case.id}"):
                _case(visit, case, cases)


def _recovery(visit: Visit, cases: _Cases) -> None:
    visit.draw(fragments.section_head(visit.say("todo.recovery.title"), summary=visit.say("todo.recovery.what")))
    since = visit.now - timedelta(days=RECOVERY_DAYS)
    facts = [
        CaseFacts.of(each, replies)
        for each in cases.all
        if each.opened_at >= since
        for replies in (cases.replies.get(each.id, Replies()),)
    ]
    visit.draw(case_fragments.recovery_figures(visit, recovery(facts, now=visit.now)))


show(current())
