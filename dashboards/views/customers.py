"""The page of customers per day: gaps, entry by hand, the till's file, and each day's source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from dashboards import fragments
from dashboards.actions.customer_count import customer_count
from dashboards.actions.exports import download_csv
from dashboards.actions.till_import import till_import
from dashboards.choices.cafe_choice import choose_cafe
from dashboards.choices.day_choice import day_name
from dashboards.choices.url_choice import url_choice
from dashboards.visit import Visit, current
from pilot.business_days import business_day
from pilot.cafes import Cafe
from pilot.count_days import CountDay, count_days
from pilot.formatting import clock_time, long_day, number, short_day
from storage.errors import StoreAway
from storage.store import audit
from storage.store.cafes import customer_counts
from storage.store.cafes.customer_counts import Report

PERIODS = ("30", "60")  # days up to today
SECTION = "counts"
MOST_EARLIER = 20  # numbers of one day that are listed

Reports = Mapping[date, Report]


def show(visit: Visit) -> None:
    """Draw the page."""
    say = visit.sayer(SECTION)
    head = st.container()
    with st.container(horizontal=True, key="controls"):
        cafe = choose_cafe(visit)
        names = {each: visit.say("controls.last_days", days=each) for each in PERIODS}
        period = int(url_choice(say("days.period"), names, default=PERIODS[0], name="dagar", width=220))
    with head:
        visit.draw(fragments.page_head(crumb=say("crumb"), title=cafe.name, freshness=""))
    if visit.tests:
        visit.draw(fragments.paragraph(say("tests")))
        return
    demo, cafes = visit.home.kind == "demo", visit.home.cafes()
    first = visit.today - timedelta(days=period - 1)
    wanted = [first + timedelta(days=place) for place in range(period)]
    try:
        store = visit.store(cafe=cafe.id, permission="feedback")
        found = customer_counts.current_reports(store, wanted, simulated=demo, cafe=cafe.id)
    except StoreAway:
        visit.draw(fragments.paragraph(say("away")))
        return
    reports = {day: report for (_, day), report in found.items()}
    days = count_days(cafe, first=first, reported=reports, cafes=cafes, now=visit.now, demo=demo)
    if not days:
        begins = long_day(cafes.pilot.first_day, language=visit.language)
        visit.draw(fragments.lead(say("before", day=begins)))
        return
    _lead(visit, days, period=period)
    _entry(visit, cafe, days, reports)
    if visit.principal.may("cafe.change"):
        till_import(visit, cafe)
    _days(visit, cafe, days, reports, period=period)


def _lead(visit: Visit, days: Sequence[CountDay], *, period: int) -> None:
    say = visit.sayer(SECTION)
    missing = sum(one.state == "missing" for one in days)
    key = "whole" if not missing else "one" if missing == 1 else "some"
    notes = [say("lead.why")] if missing else []
    visit.draw(fragments.lead(say(f"lead.{key}", days=period, missing=missing), notes=notes))


def _entry(visit: Visit, cafe: Cafe, days: Sequence[CountDay], reports: Reports) -> None:
    say = visit.sayer(SECTION)
    visit.draw(fragments.section_head(say("entry.title"), summary=say("entry.what")))
    ordered = sorted(days, key=lambda one: one.state != "missing")  # Stable: latest first within each.
    words = {one.day: _choice(visit, one, reports.get(one.day)) for one in ordered}
    # The reader's choice stays although a saved number moves the day down the list.
    key = f"count-day-{cafe.id}"
    if st.session_state.get(key) not in words:
        st.session_state[key] = ordered[0].day
    day: date = st.selectbox(say("entry.day"), list(words), format_func=words.__getitem__, key=key, width=420)
    customer_count(visit, cafe, day=day, is_titled=False)
    _earlier(visit, cafe, day)


def _choice(visit: Visit, one: CountDay, report: Report | None) -> str:
    customers = number(report.customers, language=visit.language) if report else ""
    name = day_name(visit, one.day)
    return visit.sayer(SECTION)(f"entry.{one.state}", day=name[:1].upper() + name[1:], customers=customers)


def _earlier(visit: Visit, cafe: Cafe, day: date) -> None:
    """Draw every number of a day, with reason and reporter, once there are several."""
    say, demo = visit.sayer(SECTION), visit.home.kind == "demo"
    wanted = audit.Filter(action="customer_count.report", subject=f"{cafe.id} {day.isoformat()}")
    store = visit.store(cafe=cafe.id, permission="feedback")
    found, _ = audit.page(store, wanted, offset=0, limit=MOST_EARLIER)
    entries = [one for one in found if one.details.get("simulated") == demo]
    if len(entries) < 2:
        return
    visit.draw(fragments.chart_head(say("entry.earlier"), summary=""))
    rows = [
        {
            say("days.customers"): number(one.details["customers"], language=visit.language),
            say("days.source"): visit.say(f"count.source.{one.details['source']}"),
            say("days.reason"): one.reason,
            say("days.at"): f"{short_day(business_day(one.at), language=visit.language)} {clock_time(one.at)}",
            say("days.by"): one.actor,
        }
        for one in entries
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")


def _days(visit: Visit, cafe: Cafe, days: Sequence[CountDay], reports: Reports, *, period: int) -> None:
    say = visit.sayer(SECTION)
    visit.draw(fragments.section_head(say("days.title"), summary=say("days.what")))
    header = [say(f"days.{name}") for name in ("day", "customers", "source", "by", "at")]
    rows = [[long_day(one.day, language=visit.language), *_row(visit, one, reports.get(one.day))] for one in days]
    st.dataframe(pd.DataFrame(rows, columns=header), hide_index=True, width="stretch")
    in_file = [[one.day.isoformat(), *_row(visit, one, reports.get(one.day))] for one in days]
    download_csv(visit, header, lambda: in_file, name=f"kunder-{cafe.id}-{period}")


def _row(visit: Visit, one: CountDay, report: Report | None) -> list[str]:
    if report is None:
        return [visit.sayer(SECTION)(f"days.{one.state}"), "", "", ""]
    at = f"{short_day(business_day(report.reported_at), language=visit.language)} {clock_time(report.reported_at)}"
    customers = number(report.customers, language=visit.language)
    return [customers, visit.say(f"count.source.{report.source}"), report.actor, at]


show(current())
