"""Fits ensembles of trees and stores them as arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesRegressor

from pipelines.language.trees import LEAF, Floats, Trees

SEED = 20261129


def fitted_trees(
    rows: Floats,
    targets: NDArray[np.float64],
    *,
    trees: int,
    least_rows: int,
    most_leaves: int | None,
    share_of_features: float,
    weights: NDArray[np.float64] | None = None,
) -> Trees:
    """Return trees fitted to rows.

    Args:
        rows: By row and feature.
        targets: By row.
        trees: Their number.
        least_rows: The rows of the smallest leaf.
        most_leaves: The leaves of the largest tree; None for no limit.
        share_of_features: The share of features tried at each split.
        weights: By row; None if all count the same.
    """
    model = ExtraTreesRegressor(
        trees,
        min_samples_leaf=least_rows,
        max_features=share_of_features,
        max_leaf_nodes=most_leaves,
        random_state=SEED,
        n_jobs=-1,
    ).fit(rows, targets, sample_weight=weights)
    return _arrays([each.tree_ for each in model.estimators_])


def _arrays(trees: Sequence[object]) -> Trees:
    size = max(tree.node_count for tree in trees)  # type: ignore[attr-defined]
    shape = (len(trees), size)
    feature, threshold = np.full(shape, LEAF, dtype=np.int16), np.zeros(shape, dtype=np.float32)
    left, right = (np.tile(np.arange(size, dtype=np.int16), (len(trees), 1)) for _ in range(2))
    value = np.zeros(shape, dtype=np.float32)
    for number, tree in enumerate(trees):
        count = tree.node_count  # type: ignore[attr-defined]
        inner = tree.children_left >= 0  # type: ignore[attr-defined]
        at = np.flatnonzero(inner)
        feature[number, at] = tree.feature[at]  # type: ignore[attr-defined]
        threshold[number, at] = tree.threshold[at]  # type: ignore[attr-defined]
        left[number, at] = tree.children_left[at]  # type: ignore[attr-defined]
        right[number, at] = tree.children_right[at]  # type: ignore[attr-defined]
        value[number, :count] = tree.value[:, 0, 0]  # type: ignore[attr-defined]
    depth = max(tree.max_depth for tree in trees)  # type: ignore[attr-defined]
    return Trees(feature, threshold, left, right, value, depth)
