"""Sums of regression trees of one depth, stored as arrays and evaluated with numpy.

Each tree is complete: node k's children are 2k+1 and 2k+2. A few rows descend all trees together. Of many rows, each
distinct comparison is made once, eight rows to a byte, and the bits choose the leaves of many trees at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

DEPTH = 5
INNER = 2**DEPTH - 1
LEAVES = 2**DEPTH
FEW_ROWS = 256
BLOCK_ROWS = 32_768
BLOCK_PAIRS = 8  # of trees: their bits stay in the processor's cache
STEP = 2.0**-32  # leaves are whole steps, so that their sum is exact and the same in any order

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """The comparisons of some trees, and pairs of trees.

    Attributes:
        thresholds: By compared feature: its number, and its distinct thresholds as a column.
        node: By inner node and tree: which comparison it makes, over all features; the one past the last is false.
        value: By pair of trees, and both trees' leaves as one number.
    """

    thresholds: list[tuple[int, Floats]]
    node: NDArray[np.int64]
    value: Doubles


@dataclass(frozen=True)
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
        """Return a value for each row of features; rows in Fortran order are read without a copy."""
        if len(rows) <= FEW_ROWS:
            return self._descend(rows)
        blocks = [self._compare(rows[begin : begin + BLOCK_ROWS]) for begin in range(0, len(rows), BLOCK_ROWS)]
        return np.concatenate(blocks)

    @cached_property
    def _steps(self) -> Doubles:
        found: Doubles = np.rint(self.value.astype(np.float64) / STEP) * STEP
        return found

    @cached_property
    def _plan(self) -> _Plan:
        real = np.isfinite(self.threshold)
        compared = np.stack([self.feature[real].astype(np.float64), self.threshold[real]], axis=1)
        distinct, place = np.unique(compared, axis=0, return_inverse=True)
        thresholds = [
            (int(feature), distinct[distinct[:, 0] == feature, 1:].astype(np.float32))
            for feature in np.unique(distinct[:, 0])
        ]
        odd = len(self.value) % 2
        node = np.full((len(self.value) + odd, INNER), len(distinct), dtype=np.int64)
        node[: len(self.value)][real] = place.ravel()
        value = np.pad(self._steps, ((0, odd), (0, 0)))
        pairs = value[0::2, :, None] + value[1::2, None, :]
        return _Plan(thresholds, np.ascontiguousarray(node.T), pairs.reshape(-1, LEAVES * LEAVES))

    def _descend(self, rows: Floats) -> Floats:
        own = np.ravel(rows)
        first = (np.arange(len(rows)) * rows.shape[1])[:, None]  # of each row's features
        tree = np.arange(len(self.value)) * INNER
        node = np.zeros((len(rows), len(self.value)), dtype=np.int64)
        for _ in range(DEPTH):
            place = tree + node
            node *= 2
            node += 1
            node += own.take(first + self.feature.take(place)) > self.threshold.take(place)
        node += np.arange(len(self.value)) * LEAVES - INNER
        return self._summed(self._steps.take(node).sum(axis=1))

    def _compare(self, rows: Floats) -> Floats:
        plan = self._plan
        above = _above(np.ascontiguousarray(rows.T), plan)
        total = np.zeros(above.shape[1] * 8)
        for begin in range(0, len(plan.value), BLOCK_PAIRS):
            leaf = _leaves(above[plan.node[:, 2 * begin : 2 * (begin + BLOCK_PAIRS)]])
            both = leaf[0::2].astype(np.uint16) << DEPTH | leaf[1::2]
            for value, own in zip(plan.value[begin : begin + BLOCK_PAIRS], both, strict=True):
                total += value.take(own)
        return self._summed(total[: len(rows)])

    def _summed(self, total: Doubles) -> Floats:
        found: Floats = (total + self.start).astype(np.float32)
        return found


def _above(columns: Floats, plan: _Plan) -> Bytes:
    """Return each comparison's results, by comparison and eight rows; the last comparison is false."""
    found = np.zeros((sum(len(own) for _, own in plan.thresholds) + 1, -(-columns.shape[1] // 8)), dtype=np.uint8)
    begin = 0
    for feature, thresholds in plan.thresholds:
        end = begin + len(thresholds)
        found[begin:end] = np.packbits(columns[feature] > thresholds, axis=1)
        begin = end
    return found


def _leaves(above: Bytes) -> Bytes:
    """Return the leaf by tree and row, from the results by node, tree and eight rows."""
    chosen = np.empty((DEPTH, *above.shape[1:]), dtype=np.uint8)
    for level in range(DEPTH):
        own = above[2**level - 1 : 2 ** (level + 1) - 1]
        for bits in chosen[:level]:
            half = len(own) // 2
            lower = own[:half]
            own = lower ^ own[half:]
            own &= bits
            own ^= lower
        chosen[level] = own[0]
    bits = np.unpackbits(chosen, axis=2).view(np.uint64)  # a byte a row; eight rows are shifted together
    leaf = bits[0]
    for level in range(1, DEPTH):
        leaf <<= np.uint64(1)
        leaf |= bits[level]
    found: Bytes = leaf.view(np.uint8)
    return found
