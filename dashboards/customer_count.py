"""The manager's entry: how many customers the café had on the day that is shown."""

from __future__ import annotations

from datetime import date

import streamlit as st

from dashboards import markup
from dashboards.day_choice import day_name
from dashboards.formatting import clock_time, long_day, number
from dashboards.visit import Visit
from operations.counts.reporting import current_report, report_count
from pilot.business_days import business_day
from pilot.cafes import Cafe
from pilot.counts import MOST_CUSTOMERS, InvalidCount, checked_day
from storage.errors import StoreAway
from storage.store.cafes.customer_counts import Report

ACTOR = "pages"  # Until the pages have sign-in: whoever sits at this machine.


def customer_count(visit: Visit, cafe: Cafe, *, day: date) -> None:
    """Draw what is reported of the day, and the form that reports it; nothing where the day cannot have a number."""
    if visit.tests:
        return  # Test sessions belong to no café's customers.
    try:
        checked_day(day, cafes=visit.home.cafes(), now=visit.now, demo=visit.home.kind == "demo")
    except InvalidCount:
        return
    visit.draw(markup.section_head(visit.say("count.title"), what=visit.say("count.what")))
    try:
        _form(visit, cafe, day=day, standing=current_report(visit.home, cafe=cafe.id, day=day))
    except StoreAway:
        visit.draw(markup.plain(visit.say("count.away")))


def _form(visit: Visit, cafe: Cafe, *, day: date, standing: Report | None) -> None:
    with st.form(f"count-{cafe.id}-{day}", border=False, enter_to_submit=True):
        label = visit.say("count.label", day=day_name(visit, day))
        given = st.number_input(label, min_value=0, max_value=MOST_CUSTOMERS, value=None, step=1, width=360)
        # A key of its own: the words change once a number is saved, and a click on the old ones would be lost.
        words = visit.say("count.send" if standing is None else "count.correct")
        sent = st.form_submit_button(words, key=f"send-{cafe.id}-{day}")
    if sent and given is None:
        visit.draw(markup.status(visit.say("count.empty")))
    elif sent and given is not None:
        done = report_count(
            visit.home,
            cafe=cafe.id,
            day=day,
            customers=int(given),
            source="manager",
            actor=ACTOR,
            now=visit.now,
        )
        standing = current_report(visit.home, cafe=cafe.id, day=day)
        key = "count.unchanged" if done.outcome == "unchanged" else "count.saved"
        visit.draw(markup.status(visit.say(key, customers=number(int(given), language=visit.language))))
    visit.draw(markup.plain(_said(visit, standing)))


def _said(visit: Visit, standing: Report | None) -> str:
    if standing is None:
        return visit.say("count.missing")
    return visit.say(
        "count.standing",
        customers=number(standing.customers, language=visit.language),
        source=visit.say(f"count.source.{standing.source}"),
        time=clock_time(standing.reported_at),
        day=long_day(business_day(standing.reported_at), language=visit.language),
    )
