"""Effects of cafés and days, for many cafés at once: the true parameters of a simulated pilot.

Each café and each café-day has a random effect on participation, completion and response times. So feedback of one
day is correlated, and intervals over days must be clustered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from proving.simulator import chances

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

CHARACTER_SEED = 20261123  # The same characters for every seed.
COMPLETION_CHARACTER = (-0.03, 0.05)
PARTICIPATION_CHARACTER = (-0.015, 0.015)
MOOD_CHARACTER = (-0.2, 0.2)
SMALLEST_SHARE, LARGEST_SHARE = 0.03, 0.97


@dataclass(frozen=True, slots=True)
class Characters:
    """The cafés' effects; element i of every array is café i.

    Attributes:
        band: The middle of the café's expected feedbacks a day.
        completion: Added to the probability of completing.
        participation: Added to the share of customers who start.
        mood: The lean towards useful feedback.
    """

    band: Floats
    completion: Floats
    participation: Floats
    mood: Floats


@dataclass(frozen=True, slots=True)
class CafeDays:
    """One day of every café; element i of every array is café i.

    Attributes:
        volume: Expected feedbacks.
        completion: The probability of completing once started.
        participation: The probability that a customer starts.
        counted: Whether the café's customers were reported.
        slowness: The factor on response times.
        depth: Probabilities of thin, some, useful and excellent feedback; a row a café.
    """

    volume: Floats
    completion: Floats
    participation: Floats
    counted: npt.NDArray[np.bool_]
    slowness: Floats
    depth: Floats


def characters(*, bands: Floats) -> Characters:
    """Return the cafés' characters; café i has the same one in every pilot."""
    rng = np.random.default_rng(CHARACTER_SEED)
    drawn = rng.uniform(size=(len(bands), 3))

    def between(ends: tuple[float, float], place: int) -> Floats:
        spread: Floats = ends[0] + (ends[1] - ends[0]) * drawn[:, place]
        return spread

    return Characters(
        band=bands,
        completion=between(COMPLETION_CHARACTER, 0),
        participation=between(PARTICIPATION_CHARACTER, 1),
        mood=between(MOOD_CHARACTER, 2),
    )


def cafe_days(rng: np.random.Generator, *, of: Characters, day: date) -> CafeDays:
    """Draw one day of every café."""
    cafes = len(of.band)
    good = of.mood + rng.normal(0, chances.MOOD_SPREAD, cafes)
    weights = np.array(chances.DEPTH_WEIGHTS) * np.exp(np.outer(good, chances.DEPTH_LEANING))
    slow = rng.uniform(size=cafes) < chances.SLOW_DAY_SHARE
    return CafeDays(
        volume=of.band
        * np.maximum(chances.WEEKDAY_VOLUME[day.weekday()] + rng.normal(0, chances.DAY_SPREAD, cafes), 0.3),
        completion=_share(chances.SHARE_COMPLETED + of.completion + rng.normal(0, chances.COMPLETED_SPREAD, cafes)),
        participation=_share(
            chances.PARTICIPATION + of.participation + rng.normal(0, chances.PARTICIPATION_SPREAD, cafes)
        ),
        counted=rng.uniform(size=cafes) >= chances.COUNT_MISSING_SHARE,
        slowness=np.where(slow, chances.SLOW_DAY_FACTOR, 1.0),
        depth=weights / weights.sum(axis=1, keepdims=True),
    )


def _share(values: Floats) -> Floats:
    return np.clip(values, SMALLEST_SHARE, LARGEST_SHARE)
