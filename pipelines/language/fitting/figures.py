"""What is counted of one left-out author's themes, acts and dangers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.language.measures import Measures
from pipelines.language.reader import claimed_sides

Bits = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Shares:
    """The micro-F1 of themes alone, and of themes with their polarity."""

    alone: float
    with_polarity: float


@dataclass(frozen=True, slots=True)
class Reported:
    """Dangers reported: (number, of how many).

    Attributes:
        now: Of dangers happening now.
        all: Of all dangers.
        alike: Of utterances that only sound like one.
    """

    now: tuple[int, int]
    all: tuple[int, int]
    alike: tuple[int, int]


def theme_shares(predicted: Bits, labelled: Bits) -> Shares:
    """Return the agreement of themes: by session, theme and side (praised, blamed)."""
    said, meant = predicted.any(axis=2), labelled.any(axis=2)
    same = said & meant & (predicted == labelled).all(axis=2)
    number = max(1, int(said.sum() + meant.sum()))
    return Shares(float(2 * (said & meant).sum() / number), float(2 * same.sum() / number))


def themes_of(measures: Measures, themes: int) -> Bits:
    """Return by session, theme and side whether it is claimed."""
    found = np.zeros((measures.cut.sessions.size, themes, 2), dtype=np.bool_)
    sides = claimed_sides(measures)
    for side in (0, 1):
        found[measures.theme_session[sides[:, side]], measures.theme[sides[:, side]], side] = True
    return found


def reported(hits: Bits, rows: Sequence[dict[str, object]]) -> Reported:
    """Return how many dangers of an author's rows were reported."""
    now = np.array([row["when"] == "now" for row in rows])
    danger = np.array([row["danger"] != "none" for row in rows])

    def count(some: Bits) -> tuple[int, int]:
        return int(hits[some].sum()), int(some.sum())

    return Reported(count(now & danger), count(danger), count(~danger))
