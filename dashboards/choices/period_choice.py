"""The choice of a period: presets, or from a day to a day; part of the page's address."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from dashboards.choices.url_choice import url_choice
from dashboards.reading.calendar import Extent
from dashboards.visit import Visit

PRESETS = (7, 28, 90)  # days up to the latest with sessions
OWN = "egen"
FROM, TO = "fran", "till"  # in the address
MOST_DAYS = 366


def choose_period(visit: Visit, extent: Extent) -> tuple[date, date]:
    """Return the chosen period's first and last day."""
    latest = extent.last_sessions or extent.last or visit.today
    names = {str(days): visit.say("controls.last_days", days=days) for days in PRESETS}
    names[OWN] = visit.say("controls.own_period")
    default = OWN if FROM in st.query_params else str(PRESETS[1])
    chosen = url_choice(visit.say("controls.period"), names, default=default, name="period", width=200)
    if chosen != OWN:
        for name in (FROM, TO):
            st.query_params.pop(name, None)
        return latest - timedelta(days=int(chosen) - 1), latest
    given = [_day(st.query_params.get(name)) for name in (FROM, TO)]
    ends = [day or fallback for day, fallback in zip(given, (latest - timedelta(days=27), latest), strict=True)]
    with st.container(horizontal=True):
        first = st.date_input(visit.say("controls.from"), ends[0], format="YYYY-MM-DD", key="from_day", width=150)
        last = st.date_input(visit.say("controls.to"), ends[1], format="YYYY-MM-DD", key="to_day", width=150)
    first, last = (first, last) if first <= last else (last, first)
    first = max(first, last - timedelta(days=MOST_DAYS - 1))
    st.query_params[FROM], st.query_params[TO] = first.isoformat(), last.isoformat()
    return first, last


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
