"""The expected feedback of a café's day, from its band or from earlier days of the same kind.

All rates are per weighted minute (`open_hours.PEAK_WEIGHT`), so that days of different lengths, hours cut short by an
outage, and an unfinished day are comparable. The estimates are robust, the level a median and the spread a median
deviation, so that an unrecorded outage or a burst does not become the expectation.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from typing import Literal

from pilot.cafes import Cafe
from pilot.opening_hours import hours_on
from pipelines.volume.open_hours import kind_of, whole_weight

HISTORY_DAYS = 56
SAME_WEEKDAYS = 4
DAYS_OF_THE_KIND = 5
LEAST_SHARE_OF_DAY = 0.5  # a day with a smaller usable share is not used as history
LEAST_SHARE_OF_BAND = 0.2  # a lower usual level is a fault to repair, not an expectation
PROFILE_PRIOR_FEEDBACKS = 20.0  # the weight of the prior profile in an hour's share
MOST_TIMES_PROFILE, MOST_BESIDE = 3.0, 3.0  # cap on a past hour: a burst is not a habit
MAD_TO_DEVIATION = 1.4826  # for a normal distribution (Rousseeuw and Croux, JASA 88, 1993)
MEDIAN_TO_MEAN_VARIANCE = math.pi / 2  # variance of a median relative to a mean, for a normal distribution
BAND_DISPERSION = 0.03
LEAST_DISPERSION, MOST_DISPERSION = 0.015, 0.25
SHOWN_DEVIATIONS = 1.28  # 8 usual days in 10

Basis = Literal["band", "history"]


@dataclass(frozen=True, slots=True)
class PastHour:
    """One open hour of an earlier day: its usable weighted minutes and its feedbacks."""

    hour: int
    weight: float
    feedbacks: int


@dataclass(frozen=True, slots=True)
class Expectation:
    """The expectation of a day, in feedbacks per weighted minute.

    Attributes:
        basis: Its source, band or history.
        rate: The expected rate.
        low: The lower end of the band, or of the range of 8 usual days in 10.
        high: The upper end of the same.
        dispersion: The squared relative deviation of a day from its reference.
        profile: The multiple of the peaks' weight by hour; 1 if unknown.
    """

    basis: Basis
    rate: float
    low: float
    high: float
    dispersion: float
    profile: Mapping[int, float] = field(default_factory=dict)

    @property
    def low_test_rate(self) -> float:
        """Return the rate for the test for too little; a band's lower end itself is not unusual."""
        return self.low if self.basis == "band" else self.rate

    @property
    def high_test_rate(self) -> float:
        """Return the rate for the test for too much."""
        return self.high if self.basis == "band" else self.rate

    def weight(self, hour: int, weight: float) -> float:
        """Return an hour's weighted minutes, scaled by its learned share of the day."""
        return weight * self.profile.get(hour, 1.0)


def expectation(cafe: Cafe, *, day: date, past: Mapping[date, Sequence[PastHour]]) -> Expectation | None:
    """Return the expectation of a café's day, from its history if sufficient; None if closed.

    Args:
        cafe: The café.
        day: The business day.
        past: The usable open hours of its earlier days.
    """
    window = hours_on(cafe, day).window
    if window is None:
        return None
    return _from_history(cafe, day, past) or _from_band(cafe, whole_weight(cafe, window))


def _from_band(cafe: Cafe, weight: float) -> Expectation:
    """Return the band as rates, with its ends widened if the day is shorter or longer than a weekday."""
    band, share = cafe.expected_feedbacks_per_day, weight / whole_weight(cafe, cafe.opening_hours.usual)
    low, high = band.low * min(1.0, share) / weight, band.high * max(1.0, share) / weight
    return Expectation("band", (low + high) / 2, low, high, BAND_DISPERSION)


def _from_history(cafe: Cafe, day: date, past: Mapping[date, Sequence[PastHour]]) -> Expectation | None:
    alike = {each: hours for each, hours in past.items() if each < day and _comparable(cafe, day, each, hours)}
    own = [each for each in alike if each.weekday() == day.weekday()]
    chosen = own if len(own) >= SAME_WEEKDAYS else list(alike) if len(alike) >= DAYS_OF_THE_KIND else []
    if not chosen:
        return None
    profile = _profile(list(alike.values()))
    rates = {each: _rate(hours, profile) for each, hours in alike.items()}
    rate = median(rates[each] for each in chosen)
    if rate < LEAST_SHARE_OF_BAND * _from_band(cafe, _whole(cafe, day)).low:
        return None
    spread = MAD_TO_DEVIATION * median(abs(each - rate) for each in rates.values()) / rate
    usual_day = median(sum(each.feedbacks for each in hours) for hours in alike.values())
    by_chance = 1 / max(usual_day, 1.0)
    of_days = min(max(spread**2 - by_chance, LEAST_DISPERSION), MOST_DISPERSION)
    dispersion = of_days + MEDIAN_TO_MEAN_VARIANCE * (of_days + by_chance) / len(chosen)
    reach = SHOWN_DEVIATIONS * math.sqrt(dispersion)
    return Expectation("history", rate, rate * max(0.0, 1 - reach), rate * (1 + reach), dispersion, profile)


def _comparable(cafe: Cafe, day: date, earlier: date, hours: Sequence[PastHour]) -> bool:
    kind = kind_of(cafe, day)
    if kind == "special" or kind_of(cafe, earlier) != kind or hours_on(cafe, earlier).window is None:
        return False
    return sum(each.weight for each in hours) >= LEAST_SHARE_OF_DAY * _whole(cafe, earlier)


def _whole(cafe: Cafe, day: date) -> float:
    window = hours_on(cafe, day).window
    return 0.0 if window is None else whole_weight(cafe, window)


def _rate(hours: Sequence[PastHour], profile: Mapping[int, float]) -> float:
    weight = sum(each.weight * profile.get(each.hour, 1.0) for each in hours)
    return sum(each.feedbacks for each in hours) / weight


def _profile(days: Sequence[Sequence[PastHour]]) -> dict[int, float]:
    """Return each hour's feedback as a multiple of the peaks' weight, shrunk towards 1 if data are few."""
    base = median(_rate(hours, {}) for hours in days)
    found: dict[int, float] = defaultdict(float)
    foreseen: dict[int, float] = defaultdict(float)
    for each in (hour for hours in days for hour in hours):
        by_peaks = base * each.weight
        found[each.hour] += min(each.feedbacks, MOST_TIMES_PROFILE * by_peaks + MOST_BESIDE)
        foreseen[each.hour] += by_peaks
    prior = PROFILE_PRIOR_FEEDBACKS
    return {hour: (prior + found[hour]) / (prior + foreseen[hour]) for hour in found}
