"""Choosing a day, and saying how fresh the figures are."""

from __future__ import annotations

from datetime import date, timedelta

from dashboards.formatting import clock_time, long_day
from dashboards.kept_choice import kept_choice
from dashboards.reading.calendar import Extent
from dashboards.visit import Visit
from pilot.business_days import business_day, days_between

STALE_AFTER = timedelta(minutes=10)


def choose_day(visit: Visit, extent: Extent) -> date:
    """Return the chosen day; the latest with sessions until another is chosen. The address keeps the choice."""
    first = extent.first or visit.today
    last = max(extent.last or visit.today, visit.today)
    days = list(days_between(first, last))[::-1]
    preferred = extent.last_sessions or extent.last or visit.today
    labels = {day.isoformat(): day_name(visit, day) for day in days}
    labels = {day: name[:1].upper() + name[1:] for day, name in labels.items()}
    chosen = kept_choice(visit.say("controls.day"), labels, default=preferred.isoformat(), name="dag", width=280)
    return date.fromisoformat(chosen)


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
