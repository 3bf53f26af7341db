"""Points by feature: a sum of saturating terms, fitted by `scripts/fit_scoring.py` and stored as data.

Every term rises with its feature and none is negative, so one more true detail never lowers a score.
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
MOST_COUNTED = 400  # quarters; beyond it no term rises measurably

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Term:
    """One saturating term.

    Attributes:
        features: Its feature, or two features that it multiplies.
        scale: Quarters at which it reaches 63 % of its points.
        points: Its maximum.
    """

    features: tuple[str, ...]
    scale: float
    points: float

    @property
    def subscores(self) -> tuple[str, ...]:
        """Return its features' subscores, which share its points equally."""
        return tuple(SUBSCORE_OF[name] for name in self.features)


@cache
def terms() -> tuple[float, tuple[Term, ...]]:
    """Return the intercept and the terms."""
    tree = tomllib.loads(FILE.read_text(encoding="utf-8"))
    found = tuple(Term(tuple(each["of"]), float(each["scale"]), float(each["points"])) for each in tree["term"])
    return float(tree["intercept"]), found


def points_and_subscores(found: Features) -> tuple[Floats, dict[str, Floats]]:
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
    """Return the share of a term's points that each session earns, 0-1."""
    value = np.ones(len(found.focus))
    for name in term.features:
        value = value * (found.focus if name == FOCUS else _saturation(term.scale)[_counted(found.counts[name])])
    return value


def _counted(counts: Ints) -> Ints:
    return np.minimum(counts, MOST_COUNTED)


@cache
def _saturation(scale: float) -> Floats:
    """Return the curve as a table, so that one session and many give the same bits."""
    return np.array([1 - math.exp(-count / scale) for count in range(MOST_COUNTED + 1)])
