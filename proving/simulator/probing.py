"""Simulated probes of the customers' pages, with outages of all cafés at once."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from pilot import events as contract
from pilot.business_days import day_bounds
from pilot.events import Event, make_event
from proving.simulator.happenings import Window
from proving.simulator.identifiers import seeded_identifier

EVERY_SECONDS = 60


def probes(
    rng: random.Random, *, cafes: Sequence[str], day: date, until: datetime, down: Window | None
) -> Iterator[Event]:
    """Yield one probe a café and minute of `day`, up to `until`; those in the window `down` fail."""
    start, end = day_bounds(day)
    moment = start
    while moment < min(end, until):
        ok = down is None or not down.covers(moment)
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
