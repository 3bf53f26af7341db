"""How well a score agrees with an author's labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from pipelines.language.fitting.sample import ELIGIBLE_ABOVE

UNUSABLE = frozenset({"injection", "gibberish", "stuffing", "silent", "offtopic"})

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Agreement:
    """One author's agreement.

    Attributes:
        author: The author.
        rows: The number of sessions.
        rank: Spearman's rank correlation of all kinds.
        rank_of_genuine: The same of genuine sessions.
        eligible_f1: F1 of "above the reward's threshold".
        error: Mean absolute error, 0-100.
        unusable_eligible: Share of unusable kinds that are eligible.
    """

    author: str
    rows: int
    rank: float
    rank_of_genuine: float
    eligible_f1: float
    error: float
    unusable_eligible: float


def agreement(author: str, predicted: Doubles, labelled: Doubles, kinds: Sequence[str]) -> Agreement:
    """Return the agreement of predicted and labelled quality, both 0-100."""
    kind = np.array(kinds)
    genuine, unusable = kind == "genuine", np.isin(kind, sorted(UNUSABLE))
    said, meant = predicted > ELIGIBLE_ABOVE, labelled > ELIGIBLE_ABOVE
    return Agreement(
        author=author,
        rows=len(labelled),
        rank=rank(predicted, labelled),
        rank_of_genuine=rank(predicted[genuine], labelled[genuine]),
        eligible_f1=float(2 * (said & meant).sum() / max(1, said.sum() + meant.sum())),
        error=float(np.abs(predicted - labelled).mean()),
        unusable_eligible=float(said[unusable].mean()) if unusable.any() else 0.0,
    )


def rank(predicted: Doubles, labelled: Doubles) -> float:
    """Return Spearman's rank correlation; NaN if either is constant or there are fewer than two rows."""
    if len(labelled) < 2 or np.ptp(predicted) == 0 or np.ptp(labelled) == 0:
        return float("nan")
    return float(spearmanr(predicted, labelled).statistic)
