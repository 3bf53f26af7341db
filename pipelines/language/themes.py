"""From clauses to themes: one row for each session and theme that some clause may be about."""

from __future__ import annotations

import numpy as np

from pipelines.language.heads import Floats
from pipelines.language.labels import BEGINS, SESSION, THEMES
from pipelines.language.pooling import Layout, place_in_session
from pipelines.language.tokens import Ints

LEAST = 0.06  # of the likeliest clause, from which a theme is looked at
NEVER = -0.2  # stands for a second clause where there is none
TINY = 1e-6

_CLAIM, _PRAISE, _BLAME, _THEMES = 0, 1, 2, 3  # the columns of claims, see CLAIM_TARGETS


def claim_rows(values: Floats, whole: Floats, layout: Layout, clause: slice) -> Floats:
    """Return the rows that clauses' usefulness, claims and polarity are computed from, in Fortran order.

    It holds the clause's values, its neighbours', its place, the counts of clauses and words, and its session's values.

    Args:
        values: By clause and model.
        whole: By session with clauses and model: the values of all its words.
        layout: The sessions' clauses.
        clause: The models of clauses.
    """
    models, size = values.shape[1], len(values)
    of_session = whole.T[clause]
    columns = np.empty((3 * models + 3 + len(of_session), size), dtype=np.float32)
    own, before, after = columns[:models], columns[models : 2 * models], columns[2 * models : 3 * models]
    own[:] = values.T
    before[:, 1:] = own[:, :-1]
    before[:, layout.begins] = 0
    after[:, :-1] = own[:, 1:]
    after[:, layout.begins - 1] = 0  # of the last session too: the place before the first one is the last
    columns[3 * models] = place_in_session(layout)
    columns[3 * models + 1] = layout.counts[layout.session]
    columns[3 * models + 2] = layout.words
    np.take(np.ascontiguousarray(of_session), layout.session, axis=1, out=columns[3 * models + 3 :])
    return columns.T


def theme_rows(
    values: Floats, whole: Floats, claims: Floats, polarity: Floats, usefulness: Floats, layout: Layout
) -> tuple[Floats, Ints, Ints, Ints]:
    """Return the rows of sessions' themes, in Fortran order; each row's session, theme, likeliest clause.

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
    first, second = _two_likeliest(likely, highest, layout)
    top, next_one = first[session, theme], second[session, theme]
    weight = np.clip(likely, 0, 1) ** 2
    total = np.add.reduceat(weight, begins)
    signed = np.add.reduceat(weight * polarity[:, None], begins) / np.maximum(total, TINY)
    good = np.maximum.reduceat(likely * np.maximum(polarity, 0)[:, None], begins)
    bad = np.maximum.reduceat(likely * np.maximum(-polarity, 0)[:, None], begins)
    there = next_one >= 0
    at_top = claims[top]
    parts = [
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
    columns = np.empty((len(parts) + SESSION.stop - SESSION.start, len(session)), dtype=np.float32)
    for column, part in zip(columns, parts, strict=False):
        column[:] = part
    columns[len(parts) :] = whole[session, SESSION].T
    return columns.T, session, theme, top


def _two_likeliest(likely: Floats, highest: Floats, layout: Layout) -> tuple[Ints, Ints]:
    """Return by session and theme the likeliest clause and the next, the earlier of equals; -1 for none."""
    first = _first_with(likely, highest, layout)
    others = likely.copy()
    others[first, np.arange(likely.shape[1])] = -np.inf
    second = _first_with(others, np.maximum.reduceat(others, layout.begins), layout)
    second[layout.counts == 1] = -1
    return first, second


def _first_with(values: Floats, wanted: Floats, layout: Layout) -> Ints:
    """Return by session and column the first clause with the wanted value."""
    places = np.where(values == wanted[layout.session], np.arange(len(values))[:, None], len(values))
    found: Ints = np.minimum.reduceat(places, layout.begins)
    return found
