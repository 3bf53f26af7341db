"""Fits the linear models: ridge regressions on 0/1 or graded targets, all over one vocabulary.

Conjugate gradients for all targets at once: each step is one product of the sparse features with a dense matrix.
scikit-learn's `Ridge(solver="sparse_cg")` gives the same weights and takes each target by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from pipelines.language.grams import Vocabulary
from pipelines.language.heads import Floats

PENALTY = 1.5
TOLERANCE = 2e-3  # of the residual, relative to the right-hand side
MOST_STEPS = 60
TINY = 1e-12

Matrix: TypeAlias = Any  # a scipy.sparse.csr_matrix: scipy has no types
Doubles = NDArray[np.float64]
Text = Sequence[Sequence[str]]  # clauses of tokens


def matrix(vocabulary: Vocabulary, texts: Sequence[Text]) -> Matrix:
    """Return the features of texts, one row each."""
    places: list[int] = []
    values: list[float] = []
    ends = [0]
    for text in texts:
        for place, value in vocabulary.row(text):
            places.append(place)
            values.append(value)
        ends.append(len(places))
    shape = (len(texts), len(vocabulary.weight))
    return scipy.sparse.csr_matrix((np.array(values, dtype=np.float32), places, ends), shape=shape)


def fitted(rows: Matrix, targets: Doubles, *, weights: Doubles | None = None) -> tuple[Floats, Floats]:
    """Return the weights and intercepts of one ridge regression for each target.

    Args:
        rows: By row and feature.
        targets: By row and target.
        weights: By row; None if all count the same.
    """
    weight = np.ones(len(targets)) if weights is None else weights
    share = weight / weight.sum()
    middle, target_middle = np.asarray(rows.T @ share), share @ targets
    back = rows.T.tocsr()

    def product(some: Doubles) -> Doubles:
        given = (rows @ some - middle @ some) * weight[:, None]
        own: Doubles = back @ given - np.outer(middle, given.sum(axis=0)) + PENALTY * some
        return own

    centred = (targets - target_middle) * weight[:, None]
    residual = back @ centred - np.outer(middle, centred.sum(axis=0))
    found, direction = np.zeros_like(residual), residual.copy()
    size = (residual**2).sum(axis=0)
    enough = TOLERANCE**2 * size + TINY
    for _ in range(MOST_STEPS):
        along = product(direction)
        step = size / np.maximum((direction * along).sum(axis=0), TINY)
        found += step * direction
        residual -= step * along
        before, size = size, (residual**2).sum(axis=0)
        if (size < enough).all():
            break
        direction = residual + size / np.maximum(before, TINY) * direction
    return found.astype(np.float32), (target_middle - middle @ found).astype(np.float32)
