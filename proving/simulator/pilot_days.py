"""The simulator for small days: visits, probes and customer counts, equal for equal seeds."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from pilot.business_days import at_local, days_between
from pilot.cafes import Cafe, Cafes
from pilot.events import Event
from pilot.opening_hours import hours_on
from proving.simulator.chances import DayChances, arrivals, day_chances
from proving.simulator.happenings import failing, outage, ring, trend
from proving.simulator.probing import probes
from proving.simulator.rings import ring_begins, ring_visits
from proving.simulator.visit import visit


@dataclass(frozen=True, slots=True)
class SimulatedDay:
    """One business day of all cafés.

    Attributes:
        day: The business day.
        events: The events by time, up to `until`.
        customers: Reported customers by café, without cafés that did not report.
        sent: The time at which each sent session was sent, by café and session.
        opened: Visits to the page.
    """

    day: date
    events: tuple[Event, ...]
    customers: Mapping[str, int]
    sent: Mapping[str, Mapping[str, datetime]]
    opened: int


def simulate(
    cafes: Cafes, *, codes: Mapping[str, str], first_day: date, last_day: date, until: datetime, seed: int
) -> Iterator[SimulatedDay]:
    """Yield the days from `first_day` to `last_day`.

    Args:
        cafes: The cafés.
        codes: The scanned short code, by café.
        first_day: The first business day.
        last_day: The last one.
        until: The last moment of an event; the last day may be incomplete.
        seed: The same seed gives the same events.
    """
    for day in days_between(first_day, last_day):
        down = outage(seed, day=day)
        events = list(probes(_rng(seed, "probes", day), cafes=cafes.ids, day=day, until=until, down=down))
        customers: dict[str, int] = {}
        opened = 0
        for cafe in cafes.cafe:
            rng = _rng(seed, cafe.id, day)
            chances = day_chances(rng, cafe=cafe, day=day)
            stories = _visits(rng, cafe=cafe, code=codes[cafe.id], day=day, of_day=chances, seed=seed)
            for story in stories:
                events += [event for event in story if event.at <= until]
                opened += story[0].at <= until
            window = hours_on(cafe, day).window
            if window is not None and chances.customers is not None and at_local(day, window[1]) <= until:
                customers[cafe.id] = chances.customers
        yield SimulatedDay(
            day=day,
            events=tuple(sorted(events, key=lambda event: event.at)),
            customers=customers,
            sent=_sent(events),
            opened=opened,
        )


def _visits(
    rng: random.Random, *, cafe: Cafe, code: str, day: date, of_day: DayChances, seed: int
) -> Iterator[list[Event]]:
    """Yield the visits of a café's day, a ring's included."""
    down, failed = outage(seed, day=day), failing(seed, day=day)
    talk = trend(seed, cafe=cafe.id, day=day)
    away = None if down is None else (down.begins, down.ends)
    for moment in arrivals(rng, cafe=cafe, day=day, guests=of_day.opened, down=away):
        yield visit(rng, cafe=cafe, code=code, opened=moment, day=of_day, trend=talk, failing=failed)
    members = ring(seed, cafe=cafe.id, day=day)
    begins = ring_begins(rng, cafe=cafe, day=day) if members and down is None else None
    if begins is not None:
        yield from ring_visits(rng, cafe=cafe, code=code, begins=begins, members=members, day=of_day)


def _sent(events: Iterable[Event]) -> dict[str, dict[str, datetime]]:
    sent: dict[str, dict[str, datetime]] = {}
    for event in events:
        if event.event == "session_completed":
            sent.setdefault(event.cafe, {})[event.session_id] = event.at
    return sent


def _rng(seed: int, *parts: object) -> random.Random:
    return random.Random(":".join(str(part) for part in (seed, *parts)))  # noqa: S311 - simulation, not secrets
