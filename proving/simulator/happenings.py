"""The happenings at simulated cafés: outages, bursts of failed turns, rings of fraud, trending themes.

They depend only on seed, café and day, so that small and large days share them.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pilot.business_days import day_bounds
from proving.simulator import chances
from proving.simulator.speech import topics


@dataclass(frozen=True, slots=True)
class Window:
    """A period of a day, without `ends` itself."""

    begins: datetime
    ends: datetime

    def covers(self, moment: datetime) -> bool:
        """Return whether the moment is within."""
        return self.begins <= moment < self.ends


@dataclass(frozen=True, slots=True)
class Trend:
    """A café's trending topic.

    Attributes:
        topic: One of `proving.simulator.speech.topics`.
        share: The probability that a guest with something to say begins with it; 0 without a trend.
    """

    topic: str
    share: float


def outage(seed: int, *, day: date) -> Window | None:
    """Return the outage of all cafés' pages on a day; None on most days."""
    return _window(_rng(seed, "outage", day), day=day, share=chances.OUTAGE_SHARE, minutes=chances.OUTAGE_MINUTES)


def failing(seed: int, *, day: date) -> Window | None:
    """Return the period in which the shared recogniser fails most turns; None on most days."""
    return _window(_rng(seed, "failing", day), day=day, share=chances.FAILING_SHARE, minutes=chances.FAILING_MINUTES)


def ring(seed: int, *, cafe: str, day: date) -> int:
    """Return the number of a ring's sessions at a café on a day; 0 on most days."""
    rng = _rng(seed, "ring", cafe, day)
    return rng.randint(*chances.RING_SESSIONS) if rng.random() < chances.RING_SHARE else 0


def trend(seed: int, *, cafe: str, day: date) -> Trend:
    """Return a café's trend: three weeks without, a week in which a topic rises, two in which it stays.

    Cafés are at different points of this cycle; each cycle has a topic of its own.
    """
    place = day.toordinal() + _rng(seed, "weeks", cafe).randrange(chances.TREND_DAYS)
    nth, since = divmod(place, chances.TREND_DAYS)
    topic = _rng(seed, "trend", cafe, nth).choice(topics())
    rising = (since - chances.TREND_QUIET_DAYS + 1) / chances.TREND_RISING_DAYS
    return Trend(topic, chances.TREND_SHARE * min(max(rising, 0.0), 1.0))


def _window(rng: random.Random, *, day: date, share: float, minutes: tuple[int, int]) -> Window | None:
    if rng.random() >= share:
        return None
    start, end = day_bounds(day)
    begins = start + (end - start) * rng.uniform(*chances.DAYTIME)
    return Window(begins, begins + timedelta(minutes=rng.uniform(*minutes)))


def _rng(seed: int, *parts: object) -> random.Random:
    return random.Random(":".join(str(part) for part in (seed, *parts)))  # noqa: S311 - simulation, not secrets
