"""From clauses to sessions: the rows that the two ensembles of trees read.

A clause is judged with its neighbours; a session by its most useful clauses and by how likely it holds each role.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.language.heads import Floats, Ints

TOP = 3  # the most useful clauses that count by themselves
MOST = 0.97  # of a clause's usefulness, so that one clause never decides alone


@dataclass(frozen=True, slots=True)
class Layout:
    """Which clauses belong to which session.

    Attributes:
        begins: The first clause of each session with clauses, in order.
        sessions: The number of that session among all.
        session: By clause: its session among those with clauses, from 0.
        words: By clause: its tokens.
        size: The number of all sessions.
    """

    begins: Ints
    sessions: Ints
    session: Ints
    words: Ints
    size: int

    @classmethod
    def of(cls, counts: Ints, words: Ints) -> Layout:
        """Return the layout of sessions with `counts` clauses of `words` tokens."""
        some = np.flatnonzero(counts)
        begins = (np.cumsum(counts) - counts)[some]
        return cls(begins, some, np.repeat(np.arange(len(some)), counts[some]), words, len(counts))

    @property
    def counts(self) -> Ints:
        """Return the number of clauses of each session with clauses."""
        return np.diff(np.append(self.begins, len(self.session)))


def place_in_session(layout: Layout) -> Ints:
    """Return each clause's place in its session, from 0."""
    place: Ints = np.arange(len(layout.session)) - layout.begins[layout.session]
    return place


def turn_rows(whole: Floats, values: Floats, layout: Layout) -> Floats:
    """Return for each turn with clauses what its act, details and danger are computed from.

    Args:
        whole: By turn with clauses and model: the values of all its words.
        values: By clause and model.
        layout: The turns' clauses.
    """
    size = np.stack([layout.counts, np.add.reduceat(layout.words, layout.begins)], axis=1)
    highest = np.maximum.reduceat(values, layout.begins)
    total = np.add.reduceat(np.clip(values, 0, 1), layout.begins)
    return np.concatenate([whole, highest, total, size], axis=1, dtype=np.float32)


def clause_rows(values: Floats, layout: Layout) -> Floats:
    """Return each clause's values, its neighbours', its place, and the counts of clauses and words."""
    same = layout.session[1:] == layout.session[:-1]
    before, after = np.zeros_like(values), np.zeros_like(values)
    before[1:][same] = values[:-1][same]
    after[:-1][same] = values[1:][same]
    extra = np.stack([place_in_session(layout), layout.counts[layout.session], layout.words], axis=1).astype(np.float32)
    return np.concatenate([values, before, after, extra], axis=1)


def together(usefulness: Floats, layout: Layout) -> Floats:
    """Return 1 minus the product of what each clause of a session leaves: one more clause never lowers it."""
    left = np.log1p(-np.clip(usefulness, 0, MOST).astype(np.float64))
    found: Floats = (1 - np.exp(np.add.reduceat(left, layout.begins))).astype(np.float32)
    return found


def session_rows(values: Floats, usefulness: Floats, kinds: Floats, layout: Layout) -> Floats:
    """Return for each session with clauses the row that its score is computed from.

    It holds no length and, apart from the kinds, only what one more clause cannot lower.

    Args:
        values: By clause and model.
        usefulness: By clause, 0-1.
        kinds: By session and kind of session: the values of all its words.
        layout: The sessions' clauses.
    """
    clipped = np.clip(values, 0, 1)
    pooled = [
        _top(usefulness, layout),
        together(usefulness, layout)[:, None],
        np.maximum.reduceat(values, layout.begins),
        np.add.reduceat(clipped, layout.begins),
        np.add.reduceat(clipped * np.clip(usefulness, 0, 1)[:, None], layout.begins),
        kinds,
    ]
    return np.concatenate(pooled, axis=1, dtype=np.float32)


def rising(models: int, useful: Sequence[int], kinds: int) -> NDArray[np.int8]:
    """Return which columns of `session_rows` may only raise a score: 1, else 0.

    Args:
        models: The number of models.
        useful: The models of what makes a clause useful.
        kinds: The number of kinds.
    """
    by_model = np.zeros(models, dtype=np.int8)
    by_model[list(useful)] = 1
    first = np.ones(TOP + 1, dtype=np.int8)
    return np.concatenate([first, by_model, by_model, by_model, np.zeros(kinds, dtype=np.int8)])


def _top(usefulness: Floats, layout: Layout) -> Floats:
    order = np.lexsort((-usefulness, layout.session))
    place = np.arange(len(order)) - layout.begins[layout.session[order]]
    found = np.zeros((len(layout.begins), TOP), dtype=np.float32)
    kept: NDArray[np.bool_] = place < TOP
    found[layout.session[order][kept], place[kept]] = usefulness[order][kept]
    return found
