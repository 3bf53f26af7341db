"""Fits what recognises dangers in an utterance: linear models of its words, and trees over them.

A danger is one that is or was: a hypothetical one, an idiom and a joke are none. The utterances are the corpus's
dangers and look-alikes, the answers of conversations, and the turns of ordinary sessions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.language.clauses import clauses
from pipelines.language.fitting import corpus
from pipelines.language.fitting.forest import fitted_trees
from pipelines.language.fitting.linear import Matrix, fitted, matrix
from pipelines.language.grams import Vocabulary
from pipelines.language.heads import Floats, Ints
from pipelines.language.trees import Trees

KINDS = (
    "allergy breathing injury burn fire_or_gas electricity foreign_object violence harassment child_missing theft "
    "collapse illness"
).split()
FOLDS = 5
TREES, LEAST_UTTERANCES, MOST_LEAVES, SHARE_OF_FEATURES = 200, 3, 200, 0.5
WEIGHT_OF_DANGER, WEIGHT_OF_SESSION = 1.5, 0.5

Mask = NDArray[np.bool_]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was said at once.

    Attributes:
        text: The words.
        author: The corpus's author.
        source: danger, conversations or sessions.
        session: Its session's id; empty for the other sources.
        kind: The danger's kind; empty for none.
        when: now, earlier, hypothetical; empty if none or unknown.
    """

    text: str
    author: str
    source: str
    session: str
    kind: str
    when: str


def utterances(author: str, rows: Sequence[dict[str, object]], source: corpus.Kind) -> list[Utterance]:
    """Return an author's utterances; dangers in ordinary sessions are not labelled as such."""
    if source == "danger":
        return [
            Utterance(str(row["text"]), author, source, "", _kind(row["danger"]), _kind(row["when"])) for row in rows
        ]
    if source == "conversations":
        return [Utterance(str(row["answer"]), author, source, "", _kind(row["emergency"]), "") for row in rows]
    turns = [(str(row["id"]), turn) for row in rows for turn in row["turns"]]  # type: ignore[attr-defined]
    return [Utterance(turn, author, source, session, "", "") for session, turn in turns]


def _kind(label: object) -> str:
    return "" if label == "none" else str(label)


@dataclass(frozen=True, slots=True)
class DangerFit:
    """A fitted recogniser; an utterance at or above the threshold reports a danger."""

    vocabulary: Vocabulary
    weights: Floats
    intercepts: Floats
    trees: Trees
    threshold: float

    def predict(self, texts: Sequence[str]) -> Floats:
        """Return how likely each text reports a danger, about 0-1."""
        cut = _Cut.of(texts, self.vocabulary)
        return self.trees.predict(cut.rows(self.weights, self.intercepts))


@dataclass(frozen=True, slots=True)
class _Cut:
    """Utterances and their clauses as features."""

    whole: Matrix
    clauses: Matrix
    begins: Ints
    counts: Ints
    words: Ints

    @classmethod
    def of(cls, texts: Sequence[str], vocabulary: Vocabulary) -> _Cut:
        cut = [[clause.words for clause in clauses([text])] or [()] for text in texts]
        counts = np.array([len(some) for some in cut], dtype=np.int64)
        return cls(
            matrix(vocabulary, cut),
            matrix(vocabulary, [[clause] for some in cut for clause in some]),
            np.cumsum(counts) - counts,
            counts,
            np.array([sum(len(clause) for clause in some) for some in cut], dtype=np.int64),
        )

    def rows(self, weights: Floats, intercepts: Floats) -> Floats:
        """Return what the trees read: the values of the whole, the highest of its clauses, and its size."""
        highest = np.maximum.reduceat(self.clauses @ weights + intercepts, self.begins)
        size = np.stack([self.counts, self.words], axis=1)
        return np.concatenate([self.whole @ weights + intercepts, highest, size], axis=1, dtype=np.float32)


def fit_danger(said: Sequence[Utterance], *, most_false: float) -> DangerFit:
    """Return a recogniser fitted to utterances.

    Args:
        said: The utterances.
        most_false: The share of look-alikes that may be reported, by authors that the fit has not seen; it sets the
            threshold.
    """
    vocabulary = Vocabulary.of([clause.words for each in said for clause in clauses([each.text])])
    cut = _Cut.of([each.text for each in said], vocabulary)
    targets = np.array(
        [
            [bool(each.kind), *(each.when == when for when in ("now", "earlier", "hypothetical"))]
            + [each.kind == kind for kind in KINDS]
            for each in said
        ],
        dtype=np.float64,
    )
    weight = np.where(targets[:, 0] > 0, WEIGHT_OF_DANGER, 1.0)
    weight[[each.source == "sessions" for each in said]] = WEIGHT_OF_SESSION
    authors = sorted({each.author for each in said})
    author = np.array([each.author for each in said])
    folds = [np.isin(author, authors[number::FOLDS]) for number in range(FOLDS)]
    rows = np.zeros((len(said), 2 * targets.shape[1] + 2), dtype=np.float32)
    for held in folds:
        used = np.flatnonzero(~held)
        rows[held] = cut.rows(*fitted(cut.whole[used], targets[used], weights=weight[used]))[held]
    likely = np.zeros(len(said), dtype=np.float32)
    for held in folds:
        likely[held] = _trees(rows[~held], targets[~held, 0], weight[~held]).predict(rows[held])
    alike = np.array([each.source == "danger" and not each.kind for each in said])
    return DangerFit(
        vocabulary,
        *fitted(cut.whole, targets, weights=weight),
        trees=_trees(rows, targets[:, 0], weight),
        threshold=float(np.quantile(likely[alike], 1 - most_false)),
    )


def _trees(rows: Floats, targets: Doubles, weights: Doubles) -> Trees:
    return fitted_trees(
        rows,
        targets,
        trees=TREES,
        least_rows=LEAST_UTTERANCES,
        most_leaves=MOST_LEAVES,
        share_of_features=SHARE_OF_FEATURES,
        weights=weights,
    )
