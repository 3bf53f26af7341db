"""Fits the model to the corpus and to labelled sessions, and measures the fit on labels left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pipelines.language.clauses import clauses
from pipelines.language.fitting import corpus
from pipelines.language.fitting.changes import Changes, Statements, compare, statements
from pipelines.language.fitting.fit import fit
from pipelines.language.fitting.labels import CAFE, LabelledSession, label_rows
from pipelines.language.fitting.rare_words import shared_features, without_rare_words
from pipelines.language.fitting.sample import Sample, sample, training_rows, turns_of
from pipelines.language.grams import Vocabulary
from pipelines.language.measures import Measurer
from pipelines.language.model import Model, named

Say = Callable[[str], None]


def learn(
    labelled: Sequence[LabelledSession], present: Model, *, say: Say = lambda _: None
) -> tuple[Model, Changes] | None:
    """Return a model that also learned from labels, and what it changes; None if no label can be used.

    One fit, and one more for each café with labels if there are several.
    """
    measurer = Measurer(present)
    own = label_rows(labelled, measurer)
    if not own:
        return None
    rows, clause_labels = training_rows()
    known = _known_features([row["turns"] for row in own], rows)
    everything = sample([*rows, *(("sessions", row) for row in own)], clause_labels)
    say(f"{len(rows)} labelled rows of the corpus, {len(own)} of {len(labelled)} labelled sessions")

    def fitted(cafes: Sequence[str]) -> Measurer:
        # The cafés last, so that the corpus's authors are dealt to the same folds as without labels.
        model = fit(everything, [*_authors(everything, cafes=False), *cafes], say=say)
        return Measurer(named(without_rare_words(model, known=known)))

    cafes = _authors(everything, cafes=True)
    new = fitted(cafes)
    changes = compare(
        measurer,
        new,
        labelled=labelled,
        trained_on=len(own),
        unseen=_unseen(labelled, measurer, cafes, fitted, say=say),
        sessions=[row for author in corpus.authors("sessions") for row in corpus.rows("sessions", author)],
        dangers=[row for author in corpus.authors("danger") for row in corpus.rows("danger", author)],
    )
    return new.model, changes


def _unseen(
    labelled: Sequence[LabelledSession],
    present: Measurer,
    cafes: Sequence[str],
    fitted: Callable[[Sequence[str]], Measurer],
    *,
    say: Say,
) -> tuple[Statements, Statements] | None:
    """Return the agreement with each café's labels of the present model, and of a fit without them."""
    if len(cafes) < 2:
        return None
    before, after = [], []
    for cafe in cafes:
        say(f"leaving out {cafe}")
        own = [each for each in labelled if each.author == cafe]
        before.append(statements(own, present))
        after.append(statements(own, fitted([other for other in cafes if other != cafe])))
    return _joined(before), _joined(after)


def _joined(some: Sequence[Statements]) -> Statements:
    return Statements(np.concatenate([each.verdicts for each in some]), np.concatenate([each.themes for each in some]))


def _authors(everything: Sample, *, cafes: bool) -> list[str]:
    return [name for name in sorted(set(everything.author.tolist())) if name.startswith(CAFE) == cafes]


def _known_features(guests: Sequence[Sequence[str]], rows: Sequence[tuple[corpus.Kind, dict[str, Any]]]) -> set[str]:
    """Return the features that a model may hold: the corpus's own, and those that enough guests share."""
    own = Vocabulary.of(clause.words for kind, row in rows for clause in clauses(turns_of(row, kind)))
    return set(own.index) | shared_features(guests)
