"""Writes simulated days: small ones through log, landing and store, large ones straight to the lake."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from pilot.business_days import day_bounds
from pilot.errors import PilotError
from pilot.lake_tables.tables import CUSTOMER_COUNTS, RAW_EVENTS
from proving.simulator.large_days import LargeDay, crowd, event_parts
from proving.simulator.large_days import customer_counts as counts_of
from proving.simulator.pilot_days import SimulatedDay
from proving.simulator.trials import extend_in_time
from storage.home import Home
from storage.store.cafes import customer_counts, trial_slots

REPLICA = "simulator"
BATCH_EVENTS = 2000


class NotADemo(PilotError):
    """Simulated days may only be landed in a demo home."""


def land(home: Home, days: Iterable[SimulatedDay], *, on_day: Callable[[date, int], None]) -> int:
    """Land the days in a demo home; return the number of landed events.

    Args:
        home: A home of kind "demo", so that simulated days never mix with real ones.
        days: From `proving.simulator.pilot_days.simulate`.
        on_day: Called after each day with the day and its number of visits.

    Raises:
        NotADemo: the home is a real one.
    """
    _only_in_a_demo(home)
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
            for each in home.cafes().cafe:
                extend_in_time(store, each, at=day_bounds(day.day)[0])
                trial_slots.use_all(store, cafe=each, sent=day.sent.get(each.id, {}))
            landed += len(day.events)
            on_day(day.day, day.opened)
    return landed


def write_large_day(home: Home, large: LargeDay) -> None:
    """Write a large day's raw events and customer counts straight to the lake of a demo home.

    Raises:
        NotADemo: the home is a real one.
    """
    _only_in_a_demo(home)
    drawn = crowd(large)
    lake, commit = home.lake(), {"run": REPLICA, "seed": str(large.seed)}
    lake.replace_partition_in_parts(RAW_EVENTS, large.day, lambda: event_parts(large, drawn), commit=commit)
    lake.replace_partition(CUSTOMER_COUNTS, large.day, counts_of(large, drawn), commit=commit)


def _only_in_a_demo(home: Home) -> None:
    if home.kind != "demo":
        raise NotADemo(
            f"{home.root} is a real pilot's home.", remedy="Simulated days need a home of their own: use `pilot demo`."
        )
