"""Choosing a day, and saying how fresh the figures are."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from dashboards.formatting import clock_time, long_day
from dashboards.kept_choice import kept_choice
from dashboards.reading.calendar import Extent
from dashboards.visit import Visit
from pilot.business_days import business_day, days_between

STALE_AFTER = timedelta(minutes=10)
NAME = "dag"  # in the address
OPENED = "opened.dag"  # what the page before opened on


def choose_day(visit: Visit, extent: Extent, *, preferred: date | None = None) -> date:
    """Return the chosen day; until one is chosen `preferred`, else the latest with sessions. The address keeps it."""
    first = extent.first or visit.today
    last = max(extent.last or visit.today, visit.today)
    days = list(days_between(first, last))[::-1]
    default = (preferred or extent.last_sessions or extent.last or visit.today).isoformat()
    labels = {day.isoformat(): day_name(visit, day) for day in days}
    labels = {day: name[:1].upper() + name[1:] for day, name in labels.items()}
    _forget_another_pages_default(default, own=preferred is not None)
    chosen = kept_choice(visit.say("controls.day"), labels, default=default, name=NAME, width=280)
    return date.fromisoformat(chosen)


def _forget_another_pages_default(default: str, *, own: bool) -> None:
    """Let a page open on its own default where the one before only showed its: a day that was chosen comes along."""
    was_own, was = st.session_state.get(OPENED, (own, default))
    if was_own != own and st.session_state.get(NAME) == was:
        del st.session_state[NAME]
    st.session_state[OPENED] = (own, default)


def day_name(visit: Visit, day: date) -> str:
    """Return a day in words, with "today" or "yesterday" before it where it is one."""
    words = long_day(day, language=visit.language)
    near = {visit.today: "today", visit.today - timedelta(days=1): "yesterday"}.get(day)
    return f"{visit.say(f'controls.{near}')}, {words}" if near else words


def freshness(visit: Visit, extent: Extent) -> str:
    """Return up to when the figures reach, and a warning where they have stood still."""
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
