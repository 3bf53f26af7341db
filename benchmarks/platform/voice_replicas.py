"""Replicas of the voice edge in the busiest hour, by Erlang's loss formula.

    python -m benchmarks.platform.voice_replicas --cafes 3,100,1000,10000 --places 4,10

`--places` is how many sessions one replica sustains at once: take it from `pilot load-test` on the host. At most one
guest in a hundred of the busiest hour may find all places taken. `pooled`: a balancer sends each guest to a replica
with a free place. `blind`: guests are spread evenly and never moved, so each replica must carry its own share.
"""

from __future__ import annotations

import argparse
import json

from pipelines.statistics.queueing import MOST_BLOCKED, erlang_b

SESSIONS_A_CAFE = 60  # a day
BUSIEST_HOUR = 0.15  # of the day's sessions
SESSION_SECONDS = 90.0
HOUR_SECONDS = 3600.0


def load_of(cafes: int) -> float:
    """Return the mean number of sessions at once in the busiest hour of some cafés (erlang)."""
    return cafes * SESSIONS_A_CAFE * BUSIEST_HOUR * SESSION_SECONDS / HOUR_SECONDS


def replicas(load: float, *, places: int, pooled: bool) -> int:
    """Return the fewest replicas with which at most `MOST_BLOCKED` of the guests find no place.

    Args:
        load: Arrivals in the mean length of a session (erlang).
        places: The sessions that one replica sustains at once.
        pooled: Whether every replica's free places serve every guest.
    """

    def enough(count: int) -> bool:
        blocked = erlang_b(count * places, load) if pooled else erlang_b(places, load / count)
        return blocked <= MOST_BLOCKED

    high = 1
    while not enough(high):
        high *= 2
    low = high // 2 + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low


def main() -> None:
    """Print the replicas for each number of cafés and places."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cafes", default="3,100,1000,10000")
    parser.add_argument("--places", default="4,10")
    given = parser.parse_args()
    for cafes in map(int, given.cafes.split(",")):
        load = load_of(cafes)
        for places in map(int, given.places.split(",")):
            of = {kind: replicas(load, places=places, pooled=kind == "pooled") for kind in ("pooled", "blind")}
            print(json.dumps({"cafes": cafes, "sessions_at_once": round(load, 1), "places": places, **of}))


if __name__ == "__main__":
    main()
