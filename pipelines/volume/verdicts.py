"""Verdicts of hours: whether any stretch ending with the hour had too little or too much feedback.

Stretches of three hours up to the whole day are tested, so that a fallen sign is noticed soon, and a day at half its
volume by its end; a single slow hour is not unusual. An hour's `surprise` is the smallest probability among its
stretches, times the number of stretches (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np

from pipelines.volume.expectation import Basis, Expectation
from pipelines.volume.open_hours import OpenHour
from pipelines.volume.surprise import Floats, at_least, at_most

LEAST_MINUTES = 15.0
LOW_FROM_HOURS = 3
HIGH_FROM_HOURS = 2
HOUR_DISPERSION = 0.04  # squared relative variation of a single hour: a tour group, a shower of rain
# The largest probability that raises an alarm; larger for the band, because its ends are usual values.
# Chosen by benchmarks/platform/volume_alarms.py; docs/anomalies.md has their results.
LOW_SURPRISE: Mapping[Basis, float] = {"band": 0.05, "history": 0.02}
HIGH_SURPRISE: Mapping[Basis, float] = {"band": 0.02, "history": 0.01}

Verdict = Literal["none", "low", "high", "too_little_open"]


@dataclass(frozen=True, slots=True)
class HourVerdict:
    """One hour's verdict.

    Attributes:
        verdict: none, low, high or too_little_open.
        surprise: The probability of something as rare; None without a test.
        since: The first hour of that stretch.
    """

    verdict: Verdict
    surprise: float | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Rarest:
    chance: float = 1.0
    first: int | None = None


def judge_hours(hours: Sequence[OpenHour], *, by: Expectation) -> list[HourVerdict]:
    """Return a verdict for each of a day's open hours.

    Args:
        hours: A café's open hours, in order.
        by: The expectation of the day.
    """
    used = [hour for hour in hours if hour.usable_minutes >= LEAST_MINUTES]
    weights = np.array([by.weight(hour.hour, hour.weight) for hour in used])
    counts = np.array([hour.feedbacks for hour in used], dtype=np.float64)
    verdicts = {hour.starts_at: _of_hour(used, place, counts, weights, by) for place, hour in enumerate(used)}
    return [verdicts.get(hour.starts_at, HourVerdict("too_little_open")) for hour in hours]


def _of_hour(hours: Sequence[OpenHour], place: int, counts: Floats, weights: Floats, by: Expectation) -> HourVerdict:
    # Sums over the stretches that end with this hour, the shortest first.
    came = np.cumsum(counts[place::-1])
    weighed = np.cumsum(weights[place::-1])
    dispersion = by.dispersion + HOUR_DISPERSION / np.arange(1, place + 2)
    few = (
        at_most(came, means=by.low_test_rate * weighed, dispersion=dispersion) if hours[place].settled else np.empty(0)
    )
    many = at_least(came, means=by.high_test_rate * weighed, dispersion=dispersion)
    low, high = _rarest(few, place, LOW_FROM_HOURS), _rarest(many, place, HIGH_FROM_HOURS)
    verdict: Verdict = "low" if low.chance < high.chance else "high"
    rarest, bounds = (low, LOW_SURPRISE) if verdict == "low" else (high, HIGH_SURPRISE)
    return HourVerdict(
        verdict if rarest.chance <= bounds[by.basis] else "none",
        rarest.chance,
        hours[place if rarest.first is None else rarest.first].starts_at,
    )


def _rarest(chances: Floats, place: int, shortest: int) -> _Rarest:
    tested = chances[shortest - 1 :]
    if not tested.size:
        return _Rarest()
    best = int(tested.argmin())
    return _Rarest(min(1.0, float(tested[best]) * tested.size), place - (best + shortest - 1))
