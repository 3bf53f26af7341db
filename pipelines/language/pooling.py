"""From clauses to turns and sessions: the rows that their trees and maps read.

A session is judged by its most useful clauses and by how likely it holds each role.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.language.heads import Floats, by_place
from pipelines.language.tokens import Ints

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
        counts: By session with clauses: their number.
    """

    begins: Ints
    sessions: Ints
    session: Ints
    words: Ints
    size: int
    counts: Ints

    @classmethod
    def of(cls, counts: Ints, words: Ints) -> Layout:
        """Return the layout of sessions with `counts` clauses of `words` tokens."""
        some = np.flatnonzero(counts)
        begins = (np.cumsum(counts) - counts)[some]
        return cls(begins, some, np.repeat(np.arange(len(some)), counts[some]), words, len(counts), counts[some])


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
    models = values.shape[1]
    rows = np.empty((len(layout.begins), 3 * models + 2), dtype=np.float32)
    rows[:, :models] = whole
    rows[:, models : 3 * models] = _pooled(values, layout)
    rows[:, -2] = layout.counts
    rows[:, -1] = np.add.reduceat(layout.words, layout.begins)
    return rows


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
    rows = np.empty((len(layout.begins), TOP + 1 + 3 * values.shape[1] + kinds.shape[1]), dtype=np.float32)
    rows[:, :TOP] = _top(usefulness, layout)
    rows[:, TOP] = together(usefulness, layout)
    rows[:, TOP + 1 : -kinds.shape[1]] = _pooled(values, layout, np.clip(usefulness, 0, 1))
    rows[:, -kinds.shape[1] :] = kinds
    return rows


def _pooled(values: Floats, layout: Layout, weight: Floats | None = None) -> Floats:
    """Return clauses' highest values, the sums of their likelihoods and of weighted likelihoods.

    Args:
        values: By clause and model.
        layout: The sessions' clauses.
        weight: By clause; None to leave out the weighted sums.
    """
    models = values.shape[1]
    found = np.empty((len(layout.begins), models * (2 if weight is None else 3)), dtype=np.float32)
    for sessions, places in by_place(layout.counts):
        block = np.zeros((len(sessions), found.shape[1]), dtype=np.float32)
        highest, total, weighted = block[:, :models], block[:, models : 2 * models], block[:, 2 * models :]
        highest[:] = -np.inf
        for clauses in places:
            count = len(clauses)
            own = values[clauses]
            np.maximum(highest[:count], own, out=highest[:count])
            np.clip(own, 0, 1, out=own)
            total[:count] += own
            if weight is not None:
                own *= weight[clauses, None]
                weighted[:count] += own
        found[sessions] = block
    return found


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
