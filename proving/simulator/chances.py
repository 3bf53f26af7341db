"""The probabilities and spreads of simulated cafés, days and guests."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from pilot.business_days import at_local, local_time
from pilot.cafes import Cafe
from pilot.opening_hours import hours_on

WEEKDAY_VOLUME = (0.95, 0.97, 1.0, 1.05, 1.12, 0.92, 0.78)  # Monday to Sunday, around the middle of the band.
DAY_SPREAD = 0.10  # Standard deviation of a day's volume, as a share.
PEAK_WEIGHT = 4.0  # A minute of a peak sees this many times the guests of another minute.

SHARE_STARTED = 0.62  # Share of those who open the page.
SHARE_COMPLETED = 0.75  # Share of those who start; differs by café and day.
COMPLETED_SPREAD = 0.05
PARTICIPATION = 0.115  # Share of a café's customers; differs by café and day.
PARTICIPATION_SPREAD = 0.02

SHARE_VOICE = 0.55
SHARE_ENGLISH = {"Stockholm": 0.25, "Malmö": 0.18, "Göteborg": 0.15}
SHARE_CONSENT = 0.95
SHARE_MICROPHONE = 0.93
SHARE_EDITED = 0.15
SHARE_NO_SPEECH = 0.02
SHARE_IN_APP = 0.04
SHARE_CLOSED = 0.6  # Share of those who leave without sending; the others fall silent.

SOFT_END_MS = 240.0  # from the end of speech to its first speculative detection
TO_RECOGNITION_MS = 5.0
RESPONSE_MEDIAN_MS = 900.0
RESPONSE_SPREAD = 0.34  # Of the logarithm: 5 in 100 take longer than about 1.6 s.
SLOW_DAY_SHARE = 0.08  # Days with slow responses.
SLOW_DAY_FACTOR = 1.5

DEPTH_WEIGHTS = (0.28, 0.24, 0.33, 0.15)  # Thin, some, useful and excellent feedback.
DEPTH_LEANING = (-1.0, 0.0, 1.0, 1.0)  # Exponents of the day's mood on the weights.
MOOD_SPREAD = 0.15

# Assumed: no published figure was found for how often guests of cafés report an allergy, an injury or a danger.
SHARE_URGENT = 0.006  # of the guests with something to say: about one a day in three cafés

# Assumed. A vendor of prize wheels states that 21-23 % of its prizes are redeemed; an amount that a guest has earned at
# a café of their own is taken to be redeemed twice as often. Those who redeem do so at once or on a later visit.
SHARE_REDEEMED = 0.45
SHARE_REDEEMED_AT_ONCE = 0.35  # of those who redeem
REDEEMED_AT_ONCE_MINUTES = (2, 40)
REDEEMED_LATER_DAYS = 6.0  # the mean of the later ones
# Of the taps at a till: a good voucher while the store is away, tried again soon after; and one of another café.
SHARE_TAP_FAILED = 0.008
SHARE_TAP_ELSEWHERE = 0.01
TAP_AGAIN_MINUTES = 4
DECIDED_MINUTES = 30  # decisions are made in steps of this length; a real pilot makes each within a minute
RULED_HOURS = (1.0, 20.0)  # after a reward was held, a person rules on it
SHARE_RELEASED = 0.75  # of the held rewards; the others are refused

COUNT_MISSING_SHARE = 0.07
DAYTIME = (0.25, 0.8)  # Happenings of all cafés begin in this part of the day.
OUTAGE_SHARE = 0.06  # Of days.
OUTAGE_MINUTES = (2, 20)
FAILING_SHARE = 0.08  # Of days, with a while of failing recognition.
FAILING_MINUTES = (10, 45)
FAILING_TURNS = 0.6  # Of the voice turns in that while.
RING_SHARE = 0.03  # Of a café's days.
RING_SESSIONS = (5, 9)
TREND_DAYS = 42  # From one trending theme of a café to the next.
TREND_QUIET_DAYS = 21
TREND_RISING_DAYS = 7
TREND_SHARE = 0.5  # Share of the guests with something to say, once the theme has risen.

TRIAL_AHEAD_DAYS = 2  # days of feedback left when a trial is extended
TRIAL_EXTENSION_DAYS = 7  # days of feedback that an extension adds


@dataclass(frozen=True, slots=True)
class DayChances:
    """One café's day.

    Attributes:
        opened: Guests who open the page.
        completion: The probability of completing once started.
        customers: Paying customers; None if not reported.
        response_factor: The factor on response times.
        depth_weights: Weights of thin, some, useful and excellent feedback.
        english: Share of guests who speak English.
    """

    opened: int
    completion: float
    customers: int | None
    response_factor: float
    depth_weights: tuple[float, float, float, float]
    english: float


def day_chances(rng: random.Random, *, cafe: Cafe, day: date) -> DayChances:
    """Draw one café's day."""
    taste = random.Random(f"{cafe.id}")  # noqa: S311 - the same character for every seed
    band = cafe.expected_feedbacks_per_day
    middle, half = (band.low + band.high) / 2, (band.high - band.low) / 2
    completed = middle + half * (WEEKDAY_VOLUME[day.weekday()] - 1) * 3 + middle * rng.gauss(0, DAY_SPREAD)
    completed = min(max(completed, band.low * 0.7), band.high * 1.1)
    completion = _share(rng, SHARE_COMPLETED + taste.uniform(-0.03, 0.05), COMPLETED_SPREAD)
    started = completed / completion
    participation = _share(rng, PARTICIPATION + taste.uniform(-0.015, 0.015), PARTICIPATION_SPREAD)
    slow = rng.random() < SLOW_DAY_SHARE
    good = rng.gauss(taste.uniform(-0.2, 0.2), MOOD_SPREAD)
    thin, some, useful, excellent = (
        weight * math.exp(good * leaning) for weight, leaning in zip(DEPTH_WEIGHTS, DEPTH_LEANING, strict=True)
    )
    return DayChances(
        opened=round(started / SHARE_STARTED),
        completion=completion,
        customers=None if rng.random() < COUNT_MISSING_SHARE else round(started / participation),
        response_factor=SLOW_DAY_FACTOR if slow else 1.0,
        depth_weights=(thin, some, useful, excellent),
        english=SHARE_ENGLISH.get(cafe.city, 0.15),
    )


def _share(rng: random.Random, middle: float, spread: float) -> float:
    return min(max(rng.gauss(middle, spread), 0.03), 0.97)


def arrivals(
    rng: random.Random, *, cafe: Cafe, day: date, guests: int, down: tuple[datetime, datetime] | None = None
) -> list[datetime]:
    """Draw when guests open the page: within opening hours, mostly in peaks, never while it is `down`.

    Returns:
        The moments, sorted, UTC; none if the café is closed.
    """
    window = hours_on(cafe, day).window
    if window is None:
        return []
    opens, closes = window
    minutes = range(_minute(opens), _minute(closes) - 3)
    weights = [PEAK_WEIGHT if any(_minute(a) <= m < _minute(b) for a, b in cafe.peaks) else 1.0 for m in minutes]
    if down is not None:
        first, last = (local_time(moment) for moment in down)
        away = range(_minute(first.time()), _minute(last.time()) + 1)
        weights = [0.0 if minute in away else weight for minute, weight in zip(minutes, weights, strict=True)]
    drawn = rng.choices(minutes, weights=weights, k=guests)
    return sorted(at_local(day, time(m // 60, m % 60)) + timedelta(milliseconds=rng.randrange(60_000)) for m in drawn)


def _minute(wall: time) -> int:
    return wall.hour * 60 + wall.minute
