"""Lands simulated days as a replica lands real ones: through an append log, segments and the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from pilot.errors import PilotError
from simulator.pilot_days import SimulatedDay
from storage.home import Home
from storage.store import customer_counts

REPLICA = "simulator"
BATCH_EVENTS = 2000


class NotADemo(PilotError):
    """Simulated days may only be landed in a demo home."""


def land(home: Home, days: Iterable[SimulatedDay], *, told: Callable[[date, int], None]) -> int:
    """Land the days in a demo home; return how many events were landed.

    Args:
        home: A home of kind "demo": simulated days never meet real ones.
        days: From `simulator.pilot_days.simulate`.
        told: Called after each day with the day and its number of visits.

    Raises:
        NotADemo: the home is a real one.
    """
    if home.kind != "demo":
        raise NotADemo(
            f"{home.root} is a real pilot's home.", remedy="Simulated days need a home of their own: use `pilot demo`."
        )
    landed = 0
    store = home.store()
    with home.append_log(REPLICA) as log:
        for day in days:
            pending = [
                log.append(day.events[start : start + BATCH_EVENTS])
                for start in range(0, len(day.events), BATCH_EVENTS)
            ]
            for future in pending:
                future.result()
            for cafe, customers in day.customers.items():
                customer_counts.report(
                    store,
                    cafe=cafe,
                    day=day.day,
                    customers=customers,
                    source="simulator",
                    actor="simulator",
                    simulated=True,
                )
            landed += len(day.events)
            told(day.day, day.opened)
    return landed
