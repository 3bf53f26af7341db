"""The guests of a large day as arrays, and their habits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from proving.simulator import chances

Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Guests:
    """The guests who open the page; element i of every array is guest i.

    Attributes:
        cafe: The index of the guest's café.
        opened: When the guest opens the page, milliseconds since 1970.
        english: The probability of speaking English.
        completion: The probability of completing once started.
        slowness: The factor on response times.
        depth: Probabilities of thin, some, useful and excellent feedback; a row a guest.
        trouble: The probability that a voice turn fails.
        topic: The index among `speech.topics` of the café's trending topic.
        trending: The probability of beginning with that topic.
        ring: The index of the guest whose story is repeated on the same device; -1 for honest guests.
    """

    cafe: Whole
    opened: Whole
    english: Floats
    completion: Floats
    slowness: Floats
    depth: Floats
    trouble: Floats
    topic: Whole
    trending: Floats
    ring: Whole


@dataclass(frozen=True, slots=True)
class Habits:
    """The share of guests who start, and their numbers of turns.

    Attributes:
        started: The share of guests who start.
        turns: The probabilities of 1, 2, 3, .. turns.
    """

    started: float = chances.SHARE_STARTED
    turns: tuple[float, ...] = (0.2, 0.4, 0.4)
