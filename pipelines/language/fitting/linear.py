"""Fits the linear models: ridge regression on 0/1 or graded targets, all models over one vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from pipelines.language.grams import Vocabulary
from pipelines.language.heads import Floats

PENALTY = 1.5
TOLERANCE = 1e-3

Matrix: TypeAlias = Any  # a scipy.sparse.csr_matrix: scipy has no types
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


def fitted(
    features: Matrix, targets: NDArray[np.float64], *, weights: NDArray[np.float64] | None = None
) -> tuple[Floats, Floats]:
    """Return the weights, by feature and model, and the intercepts."""
    model = Ridge(alpha=PENALTY, solver="sparse_cg", tol=TOLERANCE)
    model.fit(features, targets, sample_weight=weights)
    return model.coef_.T.astype(np.float32), model.intercept_.astype(np.float32)
