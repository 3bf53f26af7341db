"""The figures of the page of customers per day: each day's number, its gaps, and corrected numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from pilot.business_days import at_local, business_day
from pilot.count_days import CountDay, count_days
from pilot.opening_hours import hours_on
from proving.analytics.registration import Choice, Query, Reader, Reading, Rows
from storage.store import audit
from storage.store.cafes import customer_counts
from storage.store.cafes.customer_counts import Report

if TYPE_CHECKING:
    from storage.home import Home

PAGE = "customers.py"
DAYS = 30
OWN = "customer_counts where cafe = $cafe and simulated = $simulated and day between $first and $last"


@dataclass(frozen=True, slots=True)
class EarlierNumber:
    """One number of a day that has several."""

    day: date
    at: datetime
    customers: int
    source: str
    actor: str


@dataclass(frozen=True, slots=True)
class Customers:
    """What the page lists of a café's days."""

    days: list[CountDay]
    missing: int
    reports: list[Report]
    earlier: list[EarlierNumber]


def _last_days(reader: Reader) -> Iterable[Choice]:
    today, extra = business_day(reader.now), (("now", reader.now),)
    first = today - timedelta(days=DAYS - 1)
    return [Choice((cafe,), first, today, reader.simulated, extra) for cafe in reader.cafes]


def _shown(reader: Reader, choice: Choice) -> Customers:
    store, cafes, demo = reader.store, reader.home.cafes(), reader.simulated
    wanted = [choice.first + timedelta(days=place) for place in range(DAYS)]
    found = customer_counts.current_reports(store, wanted, simulated=demo, cafe=choice.cafes[0])
    reported = {day for _, day in found}
    cafe = cafes.get(choice.cafes[0])
    days = count_days(cafe, first=choice.first, reported=reported, cafes=cafes, now=reader.now, demo=demo)
    return Customers(
        days=days,
        missing=sum(one.state == "missing" for one in days),
        reports=list(found.values()),
        earlier=[number for one in days for number in _earlier(reader, choice.cafes[0], one.day)],
    )


def _earlier(reader: Reader, cafe: str, day: date) -> list[EarlierNumber]:
    """Return a day's numbers as the page finds them: in the audit log."""
    wanted = audit.Filter(action="customer_count.report", subject=f"{cafe} {day.isoformat()}")
    entries, _ = audit.page(reader.store, wanted, offset=0, limit=20)
    own = [one for one in entries if one.details.get("simulated") == reader.simulated]
    found = [EarlierNumber(day, one.at, one.details["customers"], one.details["source"], one.actor) for one in own]
    return found if len(found) > 1 else []


def _states(home: Home, choice: Choice) -> Rows:
    """Return each day's state from the opening hours and the stored counts."""
    cafe, begins = home.cafes().get(choice.cafes[0]), home.cafes().pilot.first_day
    with home.store().reading() as connection:
        found = connection.exec_driver_sql("select day, cafe, simulated from customer_counts").all()
    counted = {str(day) for day, name, simulated in found if name == cafe.id and bool(simulated) == choice.simulated}
    rows: Rows = []
    for place in range((choice.last - choice.first).days + 1):
        day = choice.first + timedelta(days=place)
        if day < begins and not choice.simulated:
            continue
        window = hours_on(cafe, day).window
        has_ended = window is not None and (day < choice.last or at_local(day, window[1]) <= choice["now"])
        state = "shut" if window is None else "missing" if has_ended else "open"
        rows.append({"day": day, "state": "reported" if day.isoformat() in counted else state})
    return rows


def _missing(home: Home, choice: Choice) -> Rows:
    return [{"missing": len([row for row in _states(home, choice) if row["state"] == "missing"])}]


READINGS = (
    Reading(
        page=PAGE,
        name="customers",
        function=customer_counts.current_reports,
        kind=Customers,
        choices=_last_days,
        shown=_shown,
        queries=(
            Query(part="days", counted=_states, columns=("day", "state"), key=("day",)),
            Query(counted=_missing, columns=("missing",)),
            Query(
                part="reports",
                sql=f"""
                    select cafe, day, customers, source, actor, reported_at from customer_counts
                    where id in (select max(id) from {OWN} group by day)
                """,  # noqa: S608
                key=("day",),
                of_store=True,
            ),
            Query(
                part="earlier",
                sql=f"""
                    select day, reported_at as "at", customers, source, actor from {OWN}
                        and day in (select day from {OWN} group by day having count(*) > 1)
                """,  # noqa: S608
                key=("day", "at"),
                of_store=True,
            ),
        ),
    ),
)
