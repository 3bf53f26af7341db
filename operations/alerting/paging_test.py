"""Tests of every channel: by hand, and each month on its first working day at ten."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from operations.alerting.catalogue import LEVELS
from operations.alerting.messages import Places
from operations.alerting.people import TEAM, People
from pilot.business_days import at_local, local_time
from pilot.support_hours import is_open_on
from storage.store.alerts import deliveries
from storage.store.alerts.deliveries import Channel, Delivery, planned
from storage.store.alerts.episodes import LOCK
from storage.store.engine import Store, serialise

AT = time(10)
STILL_DUE = timedelta(days=7)  # A pilot set up later in the month is tested by `pilot alerts setup`.
OVER_AFTER = timedelta(minutes=1)
EXAMPLE = "system_down"
BODY = "This is a test of the pilot's alerts. Nothing is wrong, and there is nothing to do."


def first_working_day(day: date) -> date:
    """Return the first working day of a day's month."""
    return next(each for number in range(1, 15) if is_open_on(each := day.replace(day=number)))


def plan_monthly(store: Store, people: People, *, places: Places, now: datetime) -> int:
    """Plan this month's test if it is due and was not planned; return how many messages it has."""
    today = local_time(now).date()
    due = at_local(first_working_day(today), AT)
    if not due <= now < due + STILL_DUE:
        return 0
    name = f"test {today:%Y-%m}"
    rows = messages_of_test(name, people, places=places, now=now)
    with store.reading() as connection:
        if deliveries.known(connection, f"{name} "):
            return 0
    with store.begin() as connection:
        serialise(connection, LOCK)
        # A channel that is set up later in the month waits for the next one; `pilot alerts test` tests it at once.
        return 0 if deliveries.known(connection, f"{name} ") else deliveries.add(connection, rows)


def messages_of_test(name: str, people: People, *, places: Places, now: datetime) -> list[Delivery]:
    """Return the rows of a test: each channel once, and a text to each person.

    Args:
        name: The test's name.
        people: The people and channels.
        places: The cafés and links that a message has.
        now: The current time.
    """
    cafe = next(iter(places.cafes.values()), "none")
    example = f"Café: {cafe}. Found: the test value 1.\nCauses and remedies: {places.runbook(EXAMPLE)}"
    wanted: list[tuple[Channel, str]] = [(each, TEAM) for each in deliveries.CHANNELS if each != "sms"]
    wanted += [("sms", each) for each in dict.fromkeys(name for level in LEVELS for name in people.persons(level))]
    rows = []
    for channel, recipient in wanted:
        if channel not in people.channels:
            continue
        row = planned(
            f"{name} {channel} {recipient}".rstrip(), kind="test", channel=channel, recipient=recipient, at=now,
            bundle=name if channel == "pagerduty" else "", body=f"{BODY} ({name})\n{example}",
        )  # fmt: skip
        rows.append(row)
        if channel == "pagerduty":
            rows.append(
                planned(
                    f"{name} over pagerduty", kind="test_over", channel="pagerduty", recipient="over", at=now,
                    due=now + OVER_AFTER, bundle=name, body=f"The test is over. ({name})",
                )
            )  # fmt: skip
    return rows
