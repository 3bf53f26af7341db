"""Removes from a model the words that only few guests said: a model's file outlives an erased session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from pipelines.language.clauses import clauses
from pipelines.language.grams import Vocabulary, features
from pipelines.language.heads import Heads
from pipelines.language.model import Model

FEWEST_SESSIONS = 5  # that must have a word, unless the corpus has it


def shared_features(sessions: Sequence[Sequence[str]]) -> frozenset[str]:
    """Return the names of features that enough sessions have, each a sequence of turns."""
    sessions_with: Counter[str] = Counter()
    for turns in sessions:
        sessions_with.update({name for clause in clauses(turns) for name in features(clause.words)})
    return frozenset(name for name, number in sessions_with.items() if number >= FEWEST_SESSIONS)


def without_rare_words(model: Model, *, known: Collection[str]) -> Model:
    """Return a model without the features that are not known."""
    heads = model.heads
    names = sorted(heads.vocabulary.index, key=heads.vocabulary.index.__getitem__)
    kept = [place for place, name in enumerate(names) if name in known]
    vocabulary = Vocabulary(
        {names[place]: number for number, place in enumerate(kept)},
        [heads.vocabulary.weight[place] for place in kept],
    )
    return replace(model, heads=Heads(vocabulary, heads.weights[kept], heads.step, heads.intercepts))
