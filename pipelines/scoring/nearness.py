"""Distances to the nearest target, for a million words at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.scoring.vocabulary import Ints

FAR = 1_000_000_000


def nearest(places: Ints, *, targets: NDArray[np.bool_], themselves: bool = True) -> Ints:
    """Return the distance from each place to the nearest target.

    Args:
        places: The places, in rising order.
        targets: Whether each place is a target.
        themselves: Whether a target's distance to itself, 0, counts; otherwise the nearest other target does.
    """
    earlier, later = neighbours(places, targets=targets, themselves=themselves)
    left = np.where(earlier >= 0, places - places[np.maximum(earlier, 0)], FAR)
    right = np.where(later >= 0, places[np.maximum(later, 0)] - places, FAR)
    return np.minimum(left, right)


def neighbours(places: Ints, *, targets: NDArray[np.bool_], themselves: bool = True) -> tuple[Ints, Ints]:
    """Return the indices of the targets at or before and at or after each place; -1 if there is none."""
    size = len(places)
    index = np.arange(size)
    if not size:
        return index, index
    last = np.maximum.accumulate(np.where(targets, index, -1))
    following = np.minimum.accumulate(np.where(targets, index, size)[::-1])[::-1]
    if not themselves:
        last = np.concatenate([[-1], last[:-1]])
        following = np.concatenate([following[1:], [size]])
    return last, np.where(following == size, -1, following)


def distinct(session: Ints, counted_as: Ints, weight: Ints, *, sessions: int) -> Ints:
    """Return for each session the sum over distinct things of each thing's largest weight."""
    some = weight > 0
    session, counted_as, weight = session[some], counted_as[some], weight[some]
    order = np.lexsort((weight, counted_as, session))
    session, counted_as, weight = session[order], counted_as[order], weight[order]
    last = np.ones(len(order), dtype=np.bool_)
    last[:-1] = (session[1:] != session[:-1]) | (counted_as[1:] != counted_as[:-1])
    return np.bincount(session[last], weights=weight[last], minlength=sessions).astype(np.int64)
