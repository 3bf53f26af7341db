"""The page of the audit log: who did what and why, newest first, filtered and paged by the store."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import streamlit as st

from dashboards import fragments
from dashboards.choices.url_choice import url_choice
from dashboards.visit import Visit, current
from pilot.business_days import business_day
from pilot.composed import composed
from pilot.formatting import clock_time, day_and_year, number
from storage.errors import StoreAway
from storage.store import audit

PAGE_ROWS = 50
EVERY = "alla"
PERIODS = {"1": 1, "7": 7, "30": 30}


def show(visit: Visit) -> None:
    """Draw the page."""
    say = visit.say
    visit.draw(fragments.page_head(crumb=say("audit.crumb"), title=say("audit.title"), freshness=""))
    visit.draw(fragments.paragraph(say("audit.what")))
    try:
        _entries(visit)
    except StoreAway:
        visit.draw(fragments.paragraph(say("audit.away")))


def _entries(visit: Visit) -> None:
    say, store = visit.say, visit.store(permission="audit")
    wanted = _filter(visit)
    found, count = audit.page(store, wanted, offset=0, limit=PAGE_ROWS)
    if not count:
        visit.draw(fragments.lead(say("audit.none"), notes=[say("audit.none_do")]))
        return
    pages = -(-count // PAGE_ROWS)
    page = 1
    if pages > 1:
        numbers = {str(one): say("audit.page_of", page=one, pages=pages) for one in range(1, pages + 1)}
        page = int(url_choice(say("audit.page"), numbers, default="1", name="sida", width=180))
        if page > 1:
            found, count = audit.page(store, wanted, offset=(page - 1) * PAGE_ROWS, limit=PAGE_ROWS)
    shown = {"first": (page - 1) * PAGE_ROWS + 1, "last": (page - 1) * PAGE_ROWS + len(found)}
    total = number(count, language=visit.language)
    visit.draw(fragments.lead("", notes=[say("audit.shown", count=total, **shown)]))
    rows = [
        {
            say("payments.when"): f"{day_and_year(business_day(one.at), language=visit.language)} {clock_time(one.at)}",
            say("payments.by"): one.actor,
            say("audit.action"): one.action,
            say("payments.of"): one.subject,
            say("audit.reason"): one.reason,
            say("payments.detail"): ", ".join(f"{name}: {value}" for name, value in one.details.items()),
        }
        for one in found
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")


def _filter(visit: Visit) -> audit.Filter:
    say = visit.say
    actors, actions = audit.names(visit.store(permission="audit"))
    with st.container(horizontal=True, key="controls"):
        every = {EVERY: say("audit.every")}
        actor = url_choice(
            say("payments.by"), every | {one: one for one in actors}, default=EVERY, name="vem", width=200
        )
        action = url_choice(
            say("audit.action"), every | {one: one for one in actions}, default=EVERY, name="handelse", width=240
        )
        periods = every | {name: say("controls.period_days", days=days) for name, days in PERIODS.items()}
        periods["1"] = say("audit.one_day")
        period = url_choice(say("controls.period"), periods, default=EVERY, name="tid", width=160)
        subject = _subject(visit)
    return audit.Filter(
        actor="" if actor == EVERY else actor,
        action="" if action == EVERY else action,
        subject=subject,
        since=None if period == EVERY else visit.now - timedelta(days=PERIODS[period]),
    )


def _subject(visit: Visit) -> str:
    """Return the typed subject, part of the page's address."""
    if "galler" not in st.session_state:
        st.session_state["galler"] = composed(st.query_params.get("galler", ""))
    typed = st.text_input(visit.say("payments.of"), key="galler", max_chars=255, width=260).strip()
    if typed:
        st.query_params["galler"] = typed
    else:
        st.query_params.pop("galler", None)
    return typed


show(current())
