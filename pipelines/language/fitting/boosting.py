"""Fits boosted trees with scikit-learn and stores them as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor

from pipelines.language.trees import DEPTH, INNER, LEAVES, Floats, Trees

SEED = 20261129
LEARNING_RATE, MOST_LEAVES, PENALTY, SHARE_OF_FEATURES = 0.05, 15, 5.0, 0.2


def boosted(
    rows: Floats,
    targets: NDArray[np.float64],
    *,
    trees: int = 200,
    rising: NDArray[np.int8] | None = None,
) -> Trees:
    """Return trees fitted to rows.

    Args:
        rows: By row and feature.
        targets: By row.
        trees: Their number.
        rising: By column: 1 if a higher value may only raise the prediction, else 0; None for no such column.
    """
    model = HistGradientBoostingRegressor(
        max_iter=trees,
        learning_rate=LEARNING_RATE,
        max_leaf_nodes=MOST_LEAVES,
        max_depth=DEPTH,
        l2_regularization=PENALTY,
        max_features=SHARE_OF_FEATURES,
        early_stopping=False,
        monotonic_cst=rising,
        random_state=SEED,
    ).fit(rows, targets)
    # scikit-learn has no public access to these trees; a test compares what both predict.
    nodes = [predictors[0].nodes for predictors in model._predictors]
    return _arrays(nodes, start=float(np.ravel(model._baseline_prediction)[0]))


def _arrays(trees: list[Any], *, start: float) -> Trees:
    feature = np.zeros((len(trees), INNER), dtype=np.int16)
    threshold = np.full((len(trees), INNER), np.inf, dtype=np.float32)
    value = np.zeros((len(trees), LEAVES), dtype=np.float32)
    for number, nodes in enumerate(trees):
        places = [(0, 0)]
        while places:
            own, place = places.pop()
            node = nodes[own]
            if place >= INNER:
                value[number, place - INNER] = node["value"]
            elif node["is_leaf"]:
                places += [(own, 2 * place + 1), (own, 2 * place + 2)]
            else:
                feature[number, place] = node["feature_idx"]
                threshold[number, place] = _floor(float(node["num_threshold"]))
                places += [(int(node["left"]), 2 * place + 1), (int(node["right"]), 2 * place + 2)]
    return Trees(feature, threshold, value, start)


def _floor(threshold: float) -> np.float32:
    """Return the greatest 32-bit number that is not above `threshold`."""
    found = np.float32(threshold)
    return np.nextafter(found, np.float32(-np.inf)) if float(found) > threshold else found
