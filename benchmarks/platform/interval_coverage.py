"""Coverage of the report's intervals, over many simulated pilots with café and day effects.

    python -m benchmarks.platform.interval_coverage --pilots 1000 [--days 30] [--json]

What is measured is what the report uses (`pipelines/statistics/clustered.py`). Every pilot is one of the pilot's own
cafés, drawn anew from the simulator's effects. The truth is their long-run value for these cafés, computed by
quadrature from the simulator's constants, not from what was drawn. Beside the intervals clustered by café-day stand
Wilson's, which takes guests as independent: it shows what clustering is for. Uptime is a census of its time and has no
interval.
"""

from __future__ import annotations

import argparse
import json
import math
from datetime import date, timedelta
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from pilot.cafes import parse_cafes
from pipelines.figures.kpis import VOICE_QUANTILE
from pipelines.statistics.clustered import Cluster, quantile_of, ratio, share_interval
from pipelines.statistics.intervals import wilson
from proving.simulator import chances
from proving.simulator.effects import Characters, cafe_days, characters

ROOT = Path(__file__).resolve().parents[2]
FIRST_DAY = date(2026, 11, 23)
SEED = 20261123
VOICE_TURNS_A_SESSION = 1.1  # Of those started: about half of them talk, about twice each.
NODES = 80
BISECTIONS = 60

Floats = npt.NDArray[np.float64]


def run(*, pilots: int, days: int = 30, seed: int = SEED) -> dict[str, Any]:
    """Return the share of pilots whose intervals hold the truth, for each KPI over days.

    Args:
        pilots: How many are drawn.
        days: How long each takes.
        seed: Where chance begins.
    """
    cafes = parse_cafes((ROOT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml").cafe
    bands = [(cafe.expected_feedbacks_per_day.low + cafe.expected_feedbacks_per_day.high) / 2 for cafe in cafes]
    every = characters(bands=np.array(bands))
    truth = true_figures(every)
    rng = np.random.default_rng(seed)
    held = dict.fromkeys(truth, 0)
    widths: dict[str, list[float]] = {name: [] for name in truth}
    naive = {"participation": 0, "completion": 0}
    for _ in range(pilots):
        shares, waits, _ = one_pilot(rng, of=every, days=days)
        for name, cells in shares.items():
            interval = share_interval(ratio(cells))
            held[name] += _holds((interval.low, interval.high), truth[name], widths[name])
            plain = wilson(sum(cell[0] for cell in cells), sum(cell[1] for cell in cells))
            naive[name] += plain[0] <= truth[name] <= plain[1]
        _, interval = quantile_of(waits, VOICE_QUANTILE)
        held["voice_response"] += _holds(
            (interval.low, interval.high), truth["voice_response"], widths["voice_response"]
        )
    return {
        "pilots": pilots,
        "days": days,
        "cafes": len(cafes),
        "truth": {name: round(value, 4) for name, value in truth.items()},
        "coverage": {name: round(count / pilots, 4) for name, count in held.items()},
        "median_width": {name: round(float(np.median(each)), 4) for name, each in widths.items()},
        "coverage_as_if_independent": {name: round(count / pilots, 4) for name, count in naive.items()},
    }


def one_pilot(
    rng: np.random.Generator, *, of: Characters, days: int
) -> tuple[dict[str, list[Cluster]], list[list[float]], dict[str, list[int]]]:
    """Draw a pilot: counts and voice responses of each café-day, and the café-days until each day."""
    shares: dict[str, list[Cluster]] = {"participation": [], "completion": []}
    waits: list[list[float]] = []
    ends: dict[str, list[int]] = {"participation": [], "completion": [], "voice_response": []}
    for number in range(days):
        drawn = cafe_days(rng, of=of, day=FIRST_DAY + timedelta(days=number))
        opened = np.rint(drawn.volume / drawn.completion / chances.SHARE_STARTED).astype(np.int64)
        started = rng.binomial(opened, chances.SHARE_STARTED)
        completed = rng.binomial(started, drawn.completion)
        customers = np.rint(opened * chances.SHARE_STARTED / drawn.participation)
        voices = rng.poisson(VOICE_TURNS_A_SESSION * started)
        for place in range(len(of.band)):
            shares["completion"].append((float(completed[place]), float(started[place])))
            if drawn.counted[place]:
                shares["participation"].append((float(started[place]), float(customers[place])))
            drawn_ms = rng.normal(math.log(chances.RESPONSE_MEDIAN_MS), chances.RESPONSE_SPREAD, voices[place])
            waits.append((np.exp(drawn_ms) * drawn.slowness[place] / 1000).tolist())
        for name in ends:
            ends[name].append(len(shares.get(name, waits)))
    return shares, waits, ends


def true_figures(of: Characters) -> dict[str, float]:
    """Return what the effects come to in the long run for these cafés."""
    a_completion = _mean_inverse(chances.SHARE_COMPLETED + of.completion, chances.COMPLETED_SPREAD)
    a_started = _mean_inverse(chances.PARTICIPATION + of.participation, chances.PARTICIPATION_SPREAD)
    started = of.band * a_completion
    return {
        "participation": float(started.sum() / (started * a_started).sum()),
        "completion": float(of.band.sum() / started.sum()),
        "voice_response": _mixed_quantile(),
    }


def _mean_inverse(middles: Floats, spread: float) -> Floats:
    """Return the mean of 1/x for a clipped normal x, by Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    values = np.clip(middles[:, None] + spread * nodes[None, :], 0.03, 0.97)
    inverse: Floats = (weights / values).sum(axis=1) / weights.sum()
    return inverse


def _mixed_quantile() -> float:
    """Return the p95 in seconds of a usual and a slow day's responses, mixed as often as they come."""
    normal = NormalDist(math.log(chances.RESPONSE_MEDIAN_MS), chances.RESPONSE_SPREAD)
    low, high = 0.0, 60_000.0
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        slow = normal.cdf(math.log(middle / chances.SLOW_DAY_FACTOR))
        usual = normal.cdf(math.log(middle))
        below = chances.SLOW_DAY_SHARE * slow + (1 - chances.SLOW_DAY_SHARE) * usual
        low, high = (middle, high) if below < VOICE_QUANTILE else (low, middle)
    return high / 1000


def _holds(found: tuple[float | None, float | None], truth: float, widths: list[float]) -> bool:
    low = -math.inf if found[0] is None else found[0]
    high = math.inf if found[1] is None else found[1]
    widths.append(high - low)
    return low <= truth <= high


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
