"""A simulated pilot, day by day: every café's visits, probes and customer counts, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from pilot.business_days import at_local, days_between
from pilot.cafes import Cafes
from pilot.events import Event
from pilot.opening_hours import hours_on
from simulator.chances import arrivals, day_chances
from simulator.probing import probes
from simulator.visit import visit


@dataclass(frozen=True, slots=True)
class SimulatedDay:
    """One business day of all cafés.

    Attributes:
        day: The business day.
        events: What was recorded, by time; nothing later than the moment that was asked for.
        customers: Reported customers by café; a café without a report is not in it.
        opened: Visits to the page.
    """

    day: date
    events: tuple[Event, ...]
    customers: Mapping[str, int]
    opened: int


def simulate(
    cafes: Cafes, *, codes: Mapping[str, str], first_day: date, last_day: date, until: datetime, seed: int
) -> Iterator[SimulatedDay]:
    """Yield the days from `first_day` to `last_day`.

    Args:
        cafes: Whose guests they are.
        codes: The short code that is scanned, by café.
        first_day: The first business day.
        last_day: The last one.
        until: Nothing is recorded after this moment: the last day may be half done.
        seed: The same seed gives the same events.
    """
    for day in days_between(first_day, last_day):
        events = list(probes(_rng(seed, "probes", day), cafes=cafes.ids, day=day, until=until))
        customers: dict[str, int] = {}
        opened = 0
        for cafe in cafes.cafe:
            rng = _rng(seed, cafe.id, day)
            chances = day_chances(rng, cafe=cafe, day=day)
            for moment in arrivals(rng, cafe=cafe, day=day, guests=chances.opened):
                story = visit(rng, cafe=cafe, code=codes[cafe.id], opened=moment, day=chances)
                events += [event for event in story if event.at <= until]
                opened += moment <= until
            window = hours_on(cafe, day).window
            if window is not None and chances.customers is not None and at_local(day, window[1]) <= until:
                customers[cafe.id] = chances.customers
        yield SimulatedDay(
            day=day, events=tuple(sorted(events, key=lambda event: event.at)), customers=customers, opened=opened
        )


def _rng(seed: int, *parts: object) -> random.Random:
    return random.Random(":".join(str(part) for part in (seed, *parts)))  # noqa: S311 - simulation, not secrets
