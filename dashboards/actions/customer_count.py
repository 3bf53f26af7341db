"""The manager's form for the café's number of customers on the shown day."""

from __future__ import annotations

from datetime import date

import streamlit as st

from dashboards import fragments
from dashboards.actions.confirmed_action import MOST_REASON_CHARACTERS
from dashboards.choices.day_choice import day_name
from dashboards.visit import Visit
from operations.counts.reporting import current_report, report_count
from pilot.business_days import business_day
from pilot.cafes import Cafe
from pilot.composed import composed
from pilot.counts import MOST_CUSTOMERS, InvalidCount, validate_day
from pilot.formatting import clock_time, long_day, number
from storage.errors import StoreAway
from storage.store.cafes.customer_counts import Report

DONE = "count.done"  # the last report's result, shown once


def customer_count(visit: Visit, cafe: Cafe, *, day: date, is_titled: bool = True) -> None:
    """Draw the day's count and the form that reports it; nothing if the day cannot have one.

    Args:
        visit: The visit.
        cafe: The café.
        day: The business day.
        is_titled: Whether to draw a heading above it.
    """
    if visit.tests:
        return  # Test sessions belong to no café's customers.
    try:
        validate_day(day, cafes=visit.home.cafes(), now=visit.now, demo=visit.home.kind == "demo")
    except InvalidCount:
        return
    if is_titled:
        visit.draw(fragments.section_head(visit.say("count.title"), summary=visit.say("count.what")))
    try:
        _form(visit, cafe, day=day, current=current_report(visit.home, cafe=cafe.id, day=day))
    except StoreAway:
        visit.draw(fragments.paragraph(visit.say("count.away")))


def _form(visit: Visit, cafe: Cafe, *, day: date, current: Report | None) -> None:
    if not visit.principal.may("cafe.change"):
        visit.draw(fragments.paragraph(_report_in_words(visit, current)))
        return
    reason = ""
    with st.form(f"count-{cafe.id}-{day}", border=False, enter_to_submit=True):
        label = visit.say("count.label", day=day_name(visit, day))
        given = st.number_input(label, min_value=0, max_value=MOST_CUSTOMERS, value=None, step=1, width=360)
        if current is not None:
            label = visit.say("count.reason")
            reason = st.text_input(label, max_chars=MOST_REASON_CHARACTERS, key=f"why-{cafe.id}-{day}", width=360)
        # With a key, because the label changes once a number is saved, and a click on the old one would be lost.
        words = visit.say("count.send" if current is None else "count.correct")
        sent = st.form_submit_button(words, key=f"send-{cafe.id}-{day}")
    if sent and given is None:
        visit.draw(fragments.status(visit.say("count.empty")))
    elif sent and given is not None and _is_correction(current, int(given)) and not composed(reason).strip():
        visit.draw(fragments.status(visit.say("count.no_reason")))
    elif sent and given is not None:
        visit.confirm(cafe=cafe.id, permission="cafe.change")
        reported = report_count(
            visit.home,
            cafe=cafe.id,
            day=day,
            customers=int(given),
            source="manager",
            actor=visit.actor,
            now=visit.now,
            reason=composed(reason).strip(),
        )
        key = "count.unchanged" if reported.outcome == "unchanged" else "count.saved"
        st.session_state[DONE] = visit.say(key, customers=number(int(given), language=visit.language))
        st.rerun()  # The whole page follows: its gaps, and its list of days.
    if done := st.session_state.pop(DONE, ""):
        visit.draw(fragments.status(str(done)))
    visit.draw(fragments.paragraph(_report_in_words(visit, current)))


def _is_correction(current: Report | None, customers: int) -> bool:
    return current is not None and current.customers != customers


def _report_in_words(visit: Visit, report: Report | None) -> str:
    if report is None:
        return visit.say("count.missing")
    return visit.say(
        "count.standing",
        customers=number(report.customers, language=visit.language),
        source=visit.say(f"count.source.{report.source}"),
        time=clock_time(report.reported_at),
        day=long_day(business_day(report.reported_at), language=visit.language),
    )
