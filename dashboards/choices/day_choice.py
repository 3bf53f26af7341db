"""The choice of a day, and the freshness of the figures in words."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from dashboards.choices.url_choice import url_choice
from dashboards.reading.calendar import Extent
from dashboards.visit import Visit
from pilot.business_days import business_day, days_between
from pilot.formatting import clock_time, long_day

STALE_AFTER = timedelta(minutes=10)
NAME = "dag"  # in the address
OPENED = "opened.dag"  # the previous page's default


def choose_day(visit: Visit, extent: Extent, *, preferred: date | None = None) -> date:
    """Return the chosen day, part of the page's address.

    Args:
        visit: The visit.
        extent: The days to choose from.
        preferred: The default; the latest day with sessions if None.
    """
    first = extent.first or visit.today
    last = max(extent.last or visit.today, visit.today)
    days = list(days_between(first, last))[::-1]
    default = (preferred or extent.last_sessions or extent.last or visit.today).isoformat()
    labels = {day.isoformat(): day_name(visit, day) for day in days}
    labels = {day: name[:1].upper() + name[1:] for day, name in labels.items()}
    _drop_other_default(default, is_preferred=preferred is not None)
    chosen = url_choice(visit.say("controls.day"), labels, default=default, name=NAME, width=280)
    return date.fromisoformat(chosen)


def _drop_other_default(default: str, *, is_preferred: bool) -> None:
    """Drop the day of the previous page if it was only that page's default; retain a chosen day."""
    was_preferred, before = st.session_state.get(OPENED, (is_preferred, default))
    if was_preferred != is_preferred and st.session_state.get(NAME) == before:
        del st.session_state[NAME]
    st.session_state[OPENED] = (is_preferred, default)


def day_name(visit: Visit, day: date) -> str:
    """Return a day in words, after "today" or "yesterday" if it is one of them."""
    words = long_day(day, language=visit.language)
    near = {visit.today: "today", visit.today - timedelta(days=1): "yesterday"}.get(day)
    return f"{visit.say(f'controls.{near}')}, {words}" if near else words


def freshness(visit: Visit, extent: Extent) -> str:
    """Return the moment up to which the figures are computed, with a warning if they are stale."""
    if extent.as_of is None:
        return visit.say("fresh.unknown")
    time = clock_time(extent.as_of)
    day = business_day(extent.as_of)
    if day != visit.today:
        return visit.say("fresh.earlier", time=time, day=long_day(day, language=visit.language))
    text = visit.say("fresh.today", time=time)
    if visit.home.kind == "real" and visit.now - extent.as_of > STALE_AFTER:
        text += " · " + visit.say("fresh.old", time=time)
    return text
