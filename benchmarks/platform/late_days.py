"""Whether late days cost what early ones did, told on a machine that is not always equally fast."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

COSTS = ("seconds", "cpu_seconds")
LATE_PART = 6  # So great a part of the days is compared with the first ones, and with themselves alone.


def late_days(costs_by_day: Sequence[Mapping[str, Any]], alone: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the last days' cost relative to the first days, and to themselves in a lake of their own.

    Machines slow down and speed up over an hour; a day and itself alone are built within a minute, and their ratios'
    median says what the lake's age costs.

    Args:
        told: Every day's cost, one after another in the same lake.
        alone: The last ones' once more, each in a lake of its own.
    """
    late = costs_by_day[-len(alone) :]
    of_first, of_alone = {}, {}
    for cost in COSTS:
        first = statistics.median(each[cost] for each in costs_by_day[: len(alone)])
        of_first[cost] = round(statistics.median(each[cost] for each in late) / first, 3)
        ratios = [there[cost] / itself[cost] for there, itself in zip(late, alone, strict=True)]
        of_alone[cost] = round(statistics.median(ratios), 3)
    return {
        "days_compared": len(alone),
        "last_days_cost_times_the_first": of_first,
        "last_days_cost_times_themselves_alone": of_alone,
        "alone": [{key: each[key] for key in ("day", *COSTS)} for each in alone],
    }
