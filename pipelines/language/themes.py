"""From clauses to themes: one row for each session and theme that some clause may be about."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.language.heads import Floats, Ints
from pipelines.language.labels import BEGINS, SESSION, THEMES
from pipelines.language.pooling import Layout, clause_rows, place_in_session

LEAST = 0.06  # of the likeliest clause, from which a theme is looked at
NEVER = -0.2  # stands for a second clause where there is none
TINY = 1e-6

_CLAIM, _PRAISE, _BLAME, _THEMES = 0, 1, 2, 3  # the columns of claims, see CLAIM_TARGETS


def claim_rows(values: Floats, whole: Floats, layout: Layout, clause: slice) -> Floats:
    """Return for each clause the row that its usefulness, claim and polarity are computed from.

    Args:
        values: By clause and model.
        whole: By session with clauses and model: the values of all its words.
        layout: The sessions' clauses.
        clause: The models of clauses.
    """
    return np.concatenate([clause_rows(values, layout), whole[layout.session, clause]], axis=1, dtype=np.float32)


def theme_rows(
    values: Floats, whole: Floats, claims: Floats, polarity: Floats, usefulness: Floats, layout: Layout
) -> tuple[Floats, Ints, Ints, Ints]:
    """Return the rows of sessions' themes, and each row's session, theme and likeliest clause.

    Args:
        values: By clause and model.
        whole: By session with clauses and model.
        claims: By clause and claim target: likelihoods.
        polarity: By clause: from -1, blame, to 1, praise.
        usefulness: By clause.
        layout: The sessions' clauses.
    """
    begins = layout.begins
    likely = claims[:, _THEMES:]
    highest = np.maximum.reduceat(likely, begins)
    session, theme = np.nonzero(highest > LEAST)
    first, second = _two_likeliest(likely, layout)
    top, next_one = first[session, theme], second[session, theme]
    weight = np.clip(likely, 0, 1) ** 2
    total = np.add.reduceat(weight, begins)
    signed = np.add.reduceat(weight * polarity[:, None], begins) / np.maximum(total, TINY)
    good = np.maximum.reduceat(likely * np.maximum(polarity, 0)[:, None], begins)
    bad = np.maximum.reduceat(likely * np.maximum(-polarity, 0)[:, None], begins)
    there = next_one >= 0
    at_top = claims[top]
    columns = [
        highest[session, theme],
        values[top, BEGINS[f"theme {THEMES[0]}"] + theme],
        at_top[:, _CLAIM],
        at_top[:, _PRAISE],
        at_top[:, _BLAME],
        polarity[top],
        values[top, BEGINS["role +"]],
        values[top, BEGINS["role -"]],
        usefulness[top],
        np.where(there, likely[next_one, theme], NEVER),
        np.where(there, polarity[next_one], 0),
        np.add.reduceat(np.clip(likely, 0, 1), begins)[session, theme],
        signed[session, theme],
        good[session, theme],
        bad[session, theme],
        whole[session, BEGINS[f"theme {THEMES[0]}"] + theme],
        whole[session, BEGINS["praise"]],
        whole[session, BEGINS["blame"]],
        (likely[top] > highest[session, theme][:, None]).sum(axis=1),
        likely[top].max(axis=1),
        layout.counts[session],
        theme,
    ]
    rows = np.concatenate([np.stack(columns, axis=1), whole[session, SESSION]], axis=1, dtype=np.float32)
    return rows, session, theme, top


def _two_likeliest(likely: Floats, layout: Layout) -> tuple[Ints, Ints]:
    """Return by session and theme the likeliest clause and the next one; -1 where there is none."""
    shape = (len(layout.begins), likely.shape[1])
    first: NDArray[np.int64] = np.full(shape, -1, dtype=np.int64)
    second = first.copy()
    place = place_in_session(layout)
    for theme in range(shape[1]):
        order = np.lexsort((-likely[:, theme], layout.session))
        first[:, theme] = order[layout.begins]
        again = order[place == 1]
        second[layout.session[again], theme] = again
    return first, second
