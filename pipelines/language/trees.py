"""Ensembles of regression trees, stored as arrays and evaluated on many rows at once with numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAF = -1

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Trees:
    """The mean of some trees; node 0 of each tree is its root, and a leaf is its own child.

    Attributes:
        feature: By tree and node: the feature compared; LEAF for a leaf and for padding.
        threshold: By tree and node: a row at or below it goes left.
        left: By tree and node: the left child.
        right: By tree and node: the right child.
        value: By tree and node: a leaf's value.
        depth: The greatest number of comparisons.
    """

    feature: NDArray[np.int16]
    threshold: Floats
    left: NDArray[np.int16]
    right: NDArray[np.int16]
    value: Floats
    depth: int

    def predict(self, rows: Floats) -> Floats:
        """Return a value for each row of features."""
        total = np.zeros(len(rows), dtype=np.float32)
        every = np.arange(len(rows))
        for feature, threshold, left, right, value in zip(
            np.maximum(self.feature, 0), self.threshold, self.left, self.right, self.value, strict=True
        ):
            node = np.zeros(len(rows), dtype=np.int16)
            for _ in range(self.depth):
                goes_left = rows[every, feature[node]] <= threshold[node]
                node = np.where(goes_left, left[node], right[node])
            total += value[node]
        return total / np.float32(len(self.value))
