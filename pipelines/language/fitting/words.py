"""Fits the linear models of words, and gives what they say of authors whom they have not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from pipelines.language.fitting.linear import Matrix, fitted, matrix
from pipelines.language.fitting.sample import Doubles, Sample
from pipelines.language.grams import Vocabulary
from pipelines.language.heads import Floats
from pipelines.language.labels import TARGETS
from pipelines.language.measures import Values

FOLDS = 4
WEIGHT_OF_DANGER, WEIGHT_OF_ORDINARY = 1.5, 0.5

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Features:
    """The features of a sample's clauses, of its turns and of its rows, those without words left out."""

    vocabulary: Vocabulary
    clauses: Matrix
    turns: Matrix
    rows: Matrix


def features(sample: Sample, authors: Sequence[str]) -> Features:
    """Return the features of a sample; the vocabulary is of the words of `authors` alone."""
    texts = [clause.words for clause in sample.cut.clauses]
    known = np.isin(sample.author[sample.row_of_clause], list(authors))
    vocabulary = Vocabulary.of(text for text, used in zip(texts, known, strict=True) if used)

    def joined(begins: NDArray[np.int64]) -> Matrix:
        ends = np.append(begins[1:], len(texts))
        return matrix(vocabulary, [texts[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)])

    return Features(
        vocabulary,
        matrix(vocabulary, [[text] for text in texts]),
        joined(sample.cut.turns.begins),
        joined(sample.cut.sessions.begins),
    )


def fit_words(sample: Sample, found: Features, authors: Sequence[str]) -> tuple[Floats, Floats]:
    """Return the weights, by feature and target, and the intercepts of the models fitted to `authors`."""
    known = np.isin(sample.author, list(authors))
    clauses = known[sample.row_of_clause]
    rows = known[sample.cut.sessions.sessions]
    turns = known[sample.row_of_turn][sample.cut.turns.sessions]
    answers, acts, details, dangers = (
        targets[sample.cut.turns.sessions]
        for targets in (sample.answer_targets, sample.act_targets, sample.detail_targets, sample.danger_targets)
    )
    claimed, answered = clauses & _labelled(sample.claim_targets), turns & _labelled(answers)
    ordinary = (sample.source == "sessions")[sample.row_of_turn][sample.cut.turns.sessions]
    weights = np.where(ordinary, WEIGHT_OF_ORDINARY, np.where(dangers[:, 0] > 0, WEIGHT_OF_DANGER, 1.0))
    parts = [
        _fit(found.clauses, sample.clause_targets, clauses),
        fitted(
            scipy.sparse.vstack(
                [found.clauses[np.flatnonzero(claimed)], found.turns[np.flatnonzero(answered)]]
            ).tocsr(),
            np.concatenate([sample.claim_targets[claimed], answers[answered]]),
        ),
        _fit(found.turns, acts, turns),
        _fit(found.turns, details, turns),
        fitted(found.turns[np.flatnonzero(turns)], dangers[turns], weights=weights[turns]),
        _fit(found.rows, sample.session_targets[sample.cut.sessions.sessions], rows),
    ]
    assert sum(len(intercepts) for _, intercepts in parts) == len(TARGETS)
    return np.concatenate([weight for weight, _ in parts], axis=1), np.concatenate([own for _, own in parts])


def values(found: Features, weights: Floats, intercepts: Floats) -> Values:
    """Return the models' values of a sample."""
    return Values(*(each @ weights + intercepts for each in (found.clauses, found.turns, found.rows)))


def unseen_values(sample: Sample, found: Features, authors: Sequence[str]) -> Values:
    """Return the values of `authors` by models fitted to other folds' authors; 0 for everybody else."""
    layouts = (found.clauses, found.turns, found.rows)
    result = Values(*(np.zeros((each.shape[0], len(TARGETS)), dtype=np.float32) for each in layouts))
    for fold in folds(authors):
        fit = fit_words(sample, found, [author for author in authors if author not in fold])
        own = values(found, *fit)
        held = np.isin(sample.author, fold)
        for into, part, mask in (
            (result.clauses, own.clauses, held[sample.row_of_clause]),
            (result.turns, own.turns, held[sample.row_of_turn][sample.cut.turns.sessions]),
            (result.sessions, own.sessions, held[sample.cut.sessions.sessions]),
        ):
            into[mask] = part[mask]
    return result


def folds(authors: Sequence[str]) -> list[list[str]]:
    """Return authors dealt out to the folds."""
    return [list(authors[number::FOLDS]) for number in range(FOLDS)]


def _fit(rows: Matrix, targets: Doubles, known: Mask) -> tuple[Floats, Floats]:
    used = known & _labelled(targets)
    return fitted(rows[np.flatnonzero(used)], targets[used])


def _labelled(targets: Doubles) -> Mask:
    labelled: Mask = ~np.isnan(targets[:, 0])
    return labelled
