"""Points by feature: a sum of saturating terms, fitted by `scripts/fit_scoring.py` and stored as data.

Every term rises with its feature and no term is negative, so a true detail more never lowers a score.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.scoring.features import FOCUS, Features
from pipelines.scoring.vocabulary import Ints

FILE = Path(__file__).with_name("model.toml")
SUBSCORE_OF: Mapping[str, str] = {
    "items": "specificity",
    "places": "specificity",
    "people": "specificity",
    "times": "specificity",
    "amounts": "specificity",
    "details": "specificity",
    "words": "specificity",
    "claims": "evidence",
    "reasons": "evidence",
    "consequences": "evidence",
    "comparisons": "evidence",
    "themes": "breadth",
    "strong_themes": "breadth",
    "suggestions": "actionability",
    FOCUS: "authenticity",
}
SUBSCORES = ("specificity", "evidence", "breadth", "actionability", "authenticity")
MOST_COUNTED = 400  # quarters; no term rises measurably beyond

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Term:
    """One saturating term.

    Attributes:
        features: The feature it counts; of two, the product of both.
        scale: Quarters at which it has earned 63 % of its points.
        points: The most that it earns.
    """

    features: tuple[str, ...]
    scale: float
    points: float

    @property
    def subscores(self) -> tuple[str, ...]:
        """Return the subscores that share its points equally: its features'."""
        return tuple(SUBSCORE_OF[name] for name in self.features)


@cache
def terms() -> tuple[float, tuple[Term, ...]]:
    """Return the intercept and the terms."""
    tree = tomllib.loads(FILE.read_text(encoding="utf-8"))
    found = tuple(Term(tuple(each["of"]), float(each["scale"]), float(each["points"])) for each in tree["term"])
    return float(tree["intercept"]), found


def earned(found: Features) -> tuple[Floats, dict[str, Floats]]:
    """Return each session's points and its subscores, each 0-1."""
    intercept, every = terms()
    size = len(found.focus)
    points = np.full(size, intercept)
    parts = {name: np.zeros(size) for name in SUBSCORES}
    most = dict.fromkeys(SUBSCORES, 0.0)
    for term in every:
        value = level(term, found)
        points += term.points * value
        for subscore in term.subscores:
            share = term.points / len(term.subscores)
            parts[subscore] += share * value
            most[subscore] += share
    return points, {name: part / most[name] if most[name] else part for name, part in parts.items()}


def level(term: Term, found: Features) -> Floats:
    """Return how much of a term's points each session earns, 0-1."""
    value = np.ones(len(found.focus))
    for name in term.features:
        value = value * (found.focus if name == FOCUS else _saturation(term.scale)[_counted(found.counts[name])])
    return value


def _counted(counts: Ints) -> Ints:
    return np.minimum(counts, MOST_COUNTED)


@cache
def _saturation(scale: float) -> Floats:
    """Return the curve as a table: the same for one session as for many, to the last bit."""
    return np.array([1 - math.exp(-count / scale) for count in range(MOST_COUNTED + 1)])
