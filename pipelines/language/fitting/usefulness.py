"""Fits the score's three levels: linear models of clauses, trees of clauses, trees of sessions.

A level is fitted to what the level below says of authors that it has not seen (out of fold by author), as it will be
used; then the levels below are fitted once more to all authors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.language.fitting.forest import fitted_trees
from pipelines.language.fitting.linear import Matrix, fitted, matrix
from pipelines.language.fitting.sample import CLAIM_TARGETS, CLAUSE_TARGETS, SESSION_TARGETS, Sample
from pipelines.language.grams import Vocabulary
from pipelines.language.heads import Floats
from pipelines.language.pooling import clause_rows, session_rows
from pipelines.language.trees import Trees

FOLDS = 4
CLAUSE_TREES, LEAST_CLAUSES, MOST_CLAUSE_LEAVES, SHARE_OF_CLAUSE_FEATURES = 120, 5, 400, 0.4
SESSION_TREES, LEAST_SESSIONS, SHARE_OF_SESSION_FEATURES = 200, 3, 0.4

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Linear:
    """The weights of the models of clauses and of sessions, over one vocabulary."""

    clause_weights: Floats
    clause_intercepts: Floats
    session_weights: Floats
    session_intercepts: Floats


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted score."""

    vocabulary: Vocabulary
    linear: Linear
    clause_trees: Trees
    session_trees: Trees


@dataclass(frozen=True, slots=True)
class Features:
    """The features of a sample: by clause, and by session with clauses."""

    vocabulary: Vocabulary
    clauses: Matrix
    sessions: Matrix


def features(sample: Sample, authors: Sequence[str]) -> Features:
    """Return the features of a sample; the vocabulary is of the words of `authors` alone."""
    texts = [clause.words for clause in sample.clauses]
    known = np.isin(sample.clause_author, list(authors))
    vocabulary = Vocabulary.of(text for text, used in zip(texts, known, strict=True) if used)
    ends = np.append(sample.layout.begins[1:], len(texts))
    joined = [texts[begin:end] for begin, end in zip(sample.layout.begins.tolist(), ends.tolist(), strict=True)]
    return Features(vocabulary, matrix(vocabulary, [[text] for text in texts]), matrix(vocabulary, joined))


def fit(sample: Sample, found: Features, authors: Sequence[str]) -> Fit:
    """Return the score fitted to the sessions of `authors`."""
    clause_author, session_author = sample.clause_author, sample.author[sample.layout.sessions]
    inside, sessions_inside = np.isin(clause_author, list(authors)), np.isin(session_author, list(authors))
    values = np.zeros((len(sample.clauses), len(CLAUSE_TARGETS) + len(CLAIM_TARGETS)), dtype=np.float32)
    whole = np.zeros((len(sample.layout.begins), len(SESSION_TARGETS)), dtype=np.float32)
    folds = [authors[number::FOLDS] for number in range(FOLDS)]
    for fold in folds:
        held, sessions_held = np.isin(clause_author, fold), np.isin(session_author, fold)
        linear = _linear(sample, found, clauses=inside & ~held, sessions=sessions_inside & ~sessions_held)
        values[held] = found.clauses[held] @ linear.clause_weights + linear.clause_intercepts
        whole[sessions_held] = found.sessions[sessions_held] @ linear.session_weights + linear.session_intercepts
    rows = clause_rows(values, sample.layout)
    useful = sample.clause_targets[:, 0]
    known = inside & ~np.isnan(useful)
    usefulness = np.zeros(len(values), dtype=np.float32)
    for fold in folds:
        held = np.isin(clause_author, fold)
        usefulness[held] = _clause_trees(rows, useful, known & ~held).predict(rows[held])
    session = session_rows(values, usefulness, whole, sample.layout)
    return Fit(
        vocabulary=found.vocabulary,
        linear=_linear(sample, found, clauses=inside, sessions=sessions_inside),
        clause_trees=_clause_trees(rows, useful, known),
        session_trees=fitted_trees(
            session[sessions_inside],
            sample.quality[sessions_inside],
            trees=SESSION_TREES,
            least_rows=LEAST_SESSIONS,
            most_leaves=None,
            share_of_features=SHARE_OF_SESSION_FEATURES,
        ),
    )


def predicted(model: Fit, sample: Sample, found: Features) -> tuple[NDArray[np.float64], Floats]:
    """Return each session's quality, 0-100 (0 without a clause), and each clause's usefulness, 0-1."""
    values = (found.clauses @ model.linear.clause_weights + model.linear.clause_intercepts).astype(np.float32)
    whole = (found.sessions @ model.linear.session_weights + model.linear.session_intercepts).astype(np.float32)
    usefulness = model.clause_trees.predict(clause_rows(values, sample.layout))
    quality = np.zeros(sample.layout.size)
    quality[sample.layout.sessions] = model.session_trees.predict(
        session_rows(values, usefulness, whole, sample.layout)
    )
    return quality, usefulness


def _linear(sample: Sample, found: Features, *, clauses: Mask, sessions: Mask) -> Linear:
    weights, intercepts = [], []
    for targets in (sample.clause_targets, sample.claim_targets):
        known = np.flatnonzero(clauses & ~np.isnan(targets[:, 0]))
        weight, intercept = fitted(found.clauses[known], targets[known])
        weights.append(weight)
        intercepts.append(intercept)
    own = sample.session_targets[sample.layout.sessions]
    return Linear(
        np.concatenate(weights, axis=1),
        np.concatenate(intercepts),
        *fitted(found.sessions[np.flatnonzero(sessions)], own[sessions]),
    )


def _clause_trees(rows: Floats, useful: NDArray[np.float64], known: Mask) -> Trees:
    return fitted_trees(
        rows[known],
        useful[known],
        trees=CLAUSE_TREES,
        least_rows=LEAST_CLAUSES,
        most_leaves=MOST_CLAUSE_LEAVES,
        share_of_features=SHARE_OF_CLAUSE_FEATURES,
    )
