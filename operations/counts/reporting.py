"""One count, reported by a person or a program: the same checks whoever reports it."""

from __future__ import annotations

from datetime import date, datetime

from pilot.business_days import parse_day
from pilot.counts import InvalidCount, Source, checked_customers, checked_day
from pilot.errors import InvalidDay
from storage.home import Home
from storage.store.cafes import customer_counts
from storage.store.cafes.customer_counts import Report, Reported


def day_in(text: str) -> date:
    """Return the business day that a text names, as year-month-day.

    Raises:
        InvalidCount: it names none.
    """
    try:
        return parse_day(text)
    except InvalidDay as error:
        raise InvalidCount(error.what, remedy=error.remedy, field="day") from None


def report_one(
    home: Home, *, cafe: str, day: date, customers: int, source: Source, actor: str, now: datetime
) -> Reported:
    """Check and report one café's customers on a day.

    Raises:
        InvalidCafes: there is no such café.
        InvalidCount: the day or the number cannot be.
        StoreAway: it could not be kept.
    """
    cafes, demo = home.cafes(), home.kind == "demo"
    cafes.get(cafe)
    checked_day(day, cafes=cafes, now=now, demo=demo)
    checked_customers(customers)
    return customer_counts.report(
        home.store(), cafe=cafe, day=day, customers=customers, source=source, actor=actor, simulated=demo
    )


def current_report(home: Home, *, cafe: str, day: date) -> Report | None:
    """Return the report that counts for a café's day; None where it is missing."""
    return customer_counts.current_reports(home.store(), [day], simulated=home.kind == "demo").get((cafe, day))
