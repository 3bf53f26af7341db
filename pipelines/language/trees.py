"""Sums of regression trees of one depth, stored as arrays and evaluated with numpy.

Each tree is complete: node k's children are 2k+1 and 2k+2. A few rows descend all trees together; many rows make all
comparisons of a tree at once and then choose among the results, which costs no random access.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DEPTH = 5
INNER = 2**DEPTH - 1
LEAVES = 2**DEPTH
FEW_ROWS = 256
BLOCK_ROWS = 8_192

Floats = NDArray[np.float32]
Bits = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Trees:
    """The sum of some trees.

    Attributes:
        feature: By tree and inner node: the feature compared.
        threshold: By tree and inner node: a row above it goes right.
        value: By tree and leaf.
        start: What the trees' values are added to.
    """

    feature: NDArray[np.int16]
    threshold: Floats
    value: Floats
    start: float

    def predict(self, rows: Floats) -> Floats:
        """Return a value for each row of features."""
        if len(rows) <= FEW_ROWS:
            return self._descend(rows)
        blocks = [self._compare(rows[begin : begin + BLOCK_ROWS]) for begin in range(0, len(rows), BLOCK_ROWS)]
        return np.concatenate(blocks)

    def _descend(self, rows: Floats) -> Floats:
        row, tree = np.arange(len(rows))[:, None], np.arange(len(self.value))[None, :]
        node = np.zeros((len(rows), len(self.value)), dtype=np.int64)
        for _ in range(DEPTH):
            node = 2 * node + 1 + (rows[row, self.feature[tree, node]] > self.threshold[tree, node])
        return self._summed(self.value[tree, node - INNER].astype(np.float64).sum(axis=1))

    def _compare(self, rows: Floats) -> Floats:
        columns = np.ascontiguousarray(rows.T)
        total = np.zeros(len(rows))
        for feature, threshold, value in zip(self.feature, self.threshold, self.value, strict=True):
            above = columns[feature] > threshold[:, None]
            total += value.take(_leaf(above))
        return self._summed(total)

    def _summed(self, total: NDArray[np.float64]) -> Floats:
        found: Floats = (total + self.start).astype(np.float32)
        return found


def _leaf(above: Bits) -> NDArray[np.uint8]:
    """Return each row's leaf from its comparisons by node and row."""
    chosen: list[Bits] = []
    leaf = np.zeros(above.shape[1], dtype=np.uint8)
    for level in range(DEPTH):
        level_bits = above[2**level - 1 : 2 ** (level + 1) - 1]
        for bit in chosen:
            half = len(level_bits) // 2
            lower, upper = level_bits[:half], level_bits[half:]
            level_bits = lower ^ ((lower ^ upper) & bit)
        chosen.append(level_bits[0])
        leaf = (leaf << 1) | level_bits[0].view(np.uint8)
    return leaf
