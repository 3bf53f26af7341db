"""Reports one customer count, with the same checks for a person and a program."""

from __future__ import annotations

from datetime import date, datetime

from pilot.business_days import parse_day
from pilot.counts import InvalidCount, Source, validate_customers, validate_day
from pilot.errors import InvalidDay
from storage.home import Home
from storage.store.cafes import customer_counts
from storage.store.cafes.customer_counts import Report, ReportResult


def parse_count_day(text: str) -> date:
    """Parse a business day in the form year-month-day.

    Raises:
        InvalidCount: the text is no such day.
    """
    try:
        return parse_day(text)
    except InvalidDay as error:
        raise InvalidCount(error.what, remedy=error.remedy, field="day") from None


def report_count(
    home: Home, *, cafe: str, day: date, customers: int, source: Source, actor: str, now: datetime, reason: str = ""
) -> ReportResult:
    """Check and report one café's customers on a day.

    Args:
        home: The home.
        cafe: The café.
        day: The business day.
        customers: The number of paying customers.
        source: Who counted.
        actor: Who reports.
        now: The present moment.
        reason: Why an earlier number is corrected, for the audit log.

    Raises:
        InvalidCafes: there is no such café.
        InvalidCount: the day or the number is not possible.
        StoreAway: the count could not be saved.
    """
    cafes, demo = home.cafes(), home.kind == "demo"
    cafes.get(cafe)
    validate_day(day, cafes=cafes, now=now, demo=demo)
    validate_customers(customers)
    return customer_counts.report(
        home.store(),
        cafe=cafe,
        day=day,
        customers=customers,
        source=source,
        actor=actor,
        simulated=demo,
        reason=reason,
    )


def current_report(home: Home, *, cafe: str, day: date) -> Report | None:
    """Return the current report of a café's day; None if there is none."""
    return customer_counts.current_reports(home.store(), [day], simulated=home.kind == "demo").get((cafe, day))
