"""Honest guests who look like one device: how many of them would be held.

    python -m benchmarks.feedback.crowded_wifi [--days 400] [--json]

A café's Wi-Fi gives every guest one address, and many have the same telephone: to the pilot they are one device. Guests
come by chance (Poisson), each takes half a minute to four, from one of eight codes. Counted are those whose reward the
rules for chains and hops would hold.
"""

from __future__ import annotations

import argparse
import json
import random
from datetime import UTC, date, datetime, timedelta

import polars as pl

from pilot.lake_tables.tables import SESSIONS
from pipelines.shapes import schema
from pipelines.signals.devices import device_signals
from pipelines.statistics.intervals import wilson

DAY = date(2026, 11, 23)
OPENS = datetime(2026, 11, 23, 6, tzinfo=UTC)
OPEN_HOURS = 12
CODES = 8
SHORTEST_S, LONGEST_S = 30, 240
HOLDS = ("device_chain", "code_hopping")
SEED = 20261123


def day(rng: random.Random, *, guests_an_hour: float, day_number: int) -> pl.DataFrame:
    rows, at = [], OPENS
    while True:
        at += timedelta(seconds=rng.expovariate(guests_an_hour / 3600))
        if at > OPENS + timedelta(hours=OPEN_HOURS):
            break
        ended = at + timedelta(seconds=rng.uniform(SHORTEST_S, LONGEST_S))
        rows.append(
            {
                "day": DAY,
                "session_id": f"{day_number:04}-{len(rows):05}",
                "cafe": "aurora",
                "simulated": True,
                "code": f"T{rng.randrange(CODES)}",
                "device_hash": f"wifi of day {day_number}",
                "opened_at": at,
                "completed_at": ended,
                "last_event_at": ended,
                "outcome": "completed",
            }
        )
    return pl.DataFrame(rows, schema=schema(SESSIONS))


def run(*, days: int) -> list[dict[str, object]]:
    rng = random.Random(SEED)
    shares = []
    for guests_an_hour in (2, 5, 10, 20, 40):
        frame = pl.concat([day(rng, guests_an_hour=guests_an_hour, day_number=n) for n in range(days)])
        held = {found.session_id for found in device_signals(frame) if found.signal in HOLDS}
        low, high = wilson(len(held), frame.height)
        shares.append(
            {
                "guests_an_hour_who_look_alike": guests_an_hour,
                "guests": frame.height,
                "held": len(held),
                "share": f"{len(held) / frame.height:.5f} ({low:.5f} to {high:.5f})",
            }
        )
    return shares


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=400)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    shares = run(days=arguments.days)
    print(json.dumps(shares, indent=2) if arguments.json else "\n".join(str(row) for row in shares))


if __name__ == "__main__":
    main()
