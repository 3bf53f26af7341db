"""Simulated probes of the customers' pages, with outages that hit all cafés at once."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from pilot import events as contract
from pilot.business_days import day_bounds
from pilot.events import Event, make_event
from simulator import chances
from simulator.identifiers import seeded_identifier

EVERY_SECONDS = 60


def outage(rng: random.Random, *, day: date) -> tuple[datetime, datetime] | None:
    """Draw the day's outage, if it has one: 2 to 20 minutes somewhere in the day."""
    if rng.random() >= chances.OUTAGE_SHARE:
        return None
    start, end = day_bounds(day)
    begins = start + (end - start) * rng.uniform(0.25, 0.8)
    return begins, begins + timedelta(minutes=rng.uniform(2, 20))


def probes(rng: random.Random, *, cafes: Sequence[str], day: date, until: datetime) -> Iterator[Event]:
    """Yield one probe a café and minute of `day`, up to `until`."""
    start, end = day_bounds(day)
    down = outage(rng, day=day)
    moment = start
    while moment < min(end, until):
        ok = down is None or not down[0] <= moment < down[1]
        for cafe in cafes:
            yield make_event(
                contract.Probe(
                    target="customer_page",
                    ok=ok,
                    status=200 if ok else None,
                    duration_ms=round(rng.uniform(4, 30), 1) if ok else 5000.0,
                    every_seconds=EVERY_SECONDS,
                    failure="" if ok else "timed_out",
                ),
                event_id=seeded_identifier(rng, at=moment),
                at=moment,
                session_id=seeded_identifier(rng, at=moment),
                cafe=cafe,
                edge="simulator",
                epoch=1,
                seq=0,
                simulated=True,
            )
        moment += timedelta(seconds=EVERY_SECONDS)
