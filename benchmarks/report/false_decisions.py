"""False decisions of pilots that are looked at every day, and the coverage of the report's intervals.

    python -m benchmarks.report.false_decisions [--pilots 1000] [--days 30] [--json]

Every simulated pilot (`benchmarks/platform/interval_coverage.py`: the own cafés, café and day effects) is read
daily from the first interim look. The target is the truth itself, the hardest case: "met" is then false for a truth
a hair below the target, "missed" for one a hair above. A pilot counts once, however often it is wrong. Beside the
report's rule stands the plain one: the same 95 % interval, read daily. What is measured is the report's own functions.
"""

from __future__ import annotations

import argparse
import json
import math
from typing import Any

import numpy as np

from benchmarks.platform.interval_coverage import ROOT, SEED, one_pilot, true_figures
from pilot.cafes import parse_cafes
from pipelines.figures.kpis import VOICE_QUANTILE
from pipelines.reports.pilot_report import FIRST_INTERIM_DAY
from pipelines.statistics.anytime import rejects
from pipelines.statistics.clustered import Cluster, Interval, quantile_of, ratio, share_interval
from proving.simulator.effects import characters

NAMES = ("participation", "completion", "voice_response")


def run(*, pilots: int, days: int = 30, seed: int = SEED) -> dict[str, Any]:
    """Return the shares of pilots with a false decision, and of intervals that contain the truth.

    Args:
        pilots: How many are drawn.
        days: How long each takes.
        seed: Where chance begins.
    """
    cafes = parse_cafes((ROOT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml").cafe
    bands = [(cafe.expected_feedbacks_per_day.low + cafe.expected_feedbacks_per_day.high) / 2 for cafe in cafes]
    every = characters(bands=np.array(bands))
    truth = true_figures(every)
    counts = {name: dict.fromkeys(("above", "below", "plain", "covered_last", "covered_always"), 0) for name in NAMES}
    rng = np.random.default_rng(seed)
    for _ in range(pilots):
        shares, waits, ends = one_pilot(rng, of=every, days=days)
        in_time = [(sum(wait <= truth["voice_response"] for wait in each), len(each)) for each in waits]
        for name in NAMES:
            # A p95 is later than the target if fewer than 95 % of the answers are within it.
            cells, hypothesis = (in_time, VOICE_QUANTILE) if name == "voice_response" else (shares[name], truth[name])
            readings = [cells[: ends[name][day - 1]] for day in range(FIRST_INTERIM_DAY, days + 1)]
            interim = [_side(some, hypothesis) for some in readings[:-1]]
            last = _planned(name, waits, readings[-1], truth[name])
            found = {*interim, last}
            counts[name]["above"] += 1 in found
            counts[name]["below"] += -1 in found
            counts[name]["covered_last"] += last == 0
            counts[name]["covered_always"] += not any(interim)
            counts[name]["plain"] += any(_around(share_interval(ratio(some)), hypothesis) for some in readings)
    return {
        "pilots": pilots,
        "days": days,
        "first_look": FIRST_INTERIM_DAY,
        "false_met": _shares(counts, "above", pilots),
        "false_missed": _shares(counts, "below", pilots),
        "plain_interval_read_daily": _shares(counts, "plain", pilots),
        "coverage_of_the_planned_look": _shares(counts, "covered_last", pilots),
        "coverage_of_all_interim_readings": _shares(counts, "covered_always", pilots),
    }


def _planned(name: str, waits: list[list[float]], cells: list[Cluster], truth: float) -> int:
    """Return on which side of the truth the interval of the planned look is; 0 if it contains it."""
    if name != "voice_response":
        return _around(share_interval(ratio(cells)), truth)
    return -_around(quantile_of(waits, VOICE_QUANTILE)[1], truth)  # late is bad


def _side(cells: list[Cluster], hypothesis: float) -> int:
    """Return 1 or -1 if an interim interval is above or below the hypothesis; 0 if it contains it."""
    if not rejects(hypothesis, cells):
        return 0
    return 1 if sum(top for top, _ in cells) > hypothesis * sum(bottom for _, bottom in cells) else -1


def _around(interval: Interval, truth: float) -> int:
    low = -math.inf if interval.low is None else interval.low
    high = math.inf if interval.high is None else interval.high
    return (low > truth) - (high < truth)


def _shares(counts: dict[str, dict[str, int]], key: str, pilots: int) -> dict[str, float]:
    return {name: round(each[key] / pilots, 4) for name, each in counts.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pilots", type=int, default=1000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = run(pilots=given.pilots, days=given.days)
    if given.json:
        print(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
