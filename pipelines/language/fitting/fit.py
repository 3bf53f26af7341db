"""Fits the whole model to some authors.

A level is fitted to what the level below says of authors whom it has not seen, as it will be used; then the lower level
is fitted once more to all authors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from pipelines.language.fitting.agreement import UNUSABLE
from pipelines.language.fitting.boosting import boosted
from pipelines.language.fitting.sample import Doubles, Sample
from pipelines.language.fitting.words import Mask, features, fit_words, folds, unseen_values
from pipelines.language.heads import Floats, Heads
from pipelines.language.labels import ACTS, CLAUSE, KIND, KINDS, TARGETS, USEFUL
from pipelines.language.measures import Values
from pipelines.language.model import Map, Model, named
from pipelines.language.pooling import rising, session_rows, turn_rows
from pipelines.language.themes import claim_rows, theme_rows
from pipelines.language.trees import Trees

MOST_FALSE_ALARMS = 0.003  # share of ordinary sessions; a model fitted to more authors raises fewer
PENALTY_OF_CLAIMS, PENALTY_OF_DETAILS, FREEDOM_OF_ACTS = 300.0, 300.0, 0.003
STATEMENT = "s"  # begins the second part of a plain statement's id
WEIGHT_OF_STATEMENTS = 0.4  # of a plain statement's act, beside an answer's
TREES_OF_THEMES = 150

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Level:
    """What is fitted at one level, and what it says of authors not seen."""

    fit: Callable[[Mask], Trees | Map]
    authors: NDArray[np.str_]
    dealt: Sequence[Sequence[str]]

    def unseen(self, rows: Floats) -> Floats:
        """Return predictions of rows by fits to the authors of other folds."""
        found = []
        for fold in self.dealt:
            held = np.isin(self.authors, fold)
            model = self.fit(~held)
            own = model.predict(rows[held]) if isinstance(model, Trees) else model.values(rows[held])
            found.append((held, own))
        result = np.zeros((len(rows), *found[0][1].shape[1:]), dtype=np.float32)
        for held, own in found:
            result[held] = own
        return result


def fit(sample: Sample, authors: Sequence[str], *, say: Say = lambda _: None) -> Model:
    """Return the model fitted to the rows of `authors`."""
    known = np.isin(sample.author, list(authors))
    found = features(sample, authors)
    say(f"{len(found.vocabulary.weight)} features")
    seen = unseen_values(sample, found, authors)
    say("fitted the models of words to all authors but a fold's")
    heads = Heads.rounded(found.vocabulary, *fit_words(sample, found, authors))
    model = _upper_levels(sample, seen, known, folds(authors), heads)
    say("fitted the upper levels")
    return named(model)


def _upper_levels(sample: Sample, seen: Values, known: Mask, dealt: Sequence[Sequence[str]], heads: Heads) -> Model:
    layout = sample.cut.sessions
    rows = claim_rows(seen.clauses, seen.sessions, layout, CLAUSE)
    authors = sample.author[sample.row_of_clause]
    inside = known[sample.row_of_clause]
    useful, claims = sample.clause_targets[:, 0], sample.claim_targets
    annotated, claimed = inside & ~np.isnan(useful), inside & ~np.isnan(claims[:, 0])
    signed = claims[:, 1] - claims[:, 2]
    sided = claimed & (claims[:, 0] > 0)

    def level(fitted: Callable[[Mask], Trees | Map]) -> _Level:
        return _Level(fitted, authors, dealt)

    def usefulness(used: Mask) -> Trees:
        return boosted(rows[annotated & used], useful[annotated & used])

    def polarity(used: Mask) -> Trees:
        return boosted(rows[sided & used], signed[sided & used])

    def claim_map(used: Mask) -> Map:
        return _ridge(rows, claims, claimed & used, PENALTY_OF_CLAIMS)

    seen_usefulness = np.clip(level(usefulness).unseen(rows), 0, 1)
    seen_polarity, seen_claims = level(polarity).unseen(rows), level(claim_map).unseen(rows)

    session = session_rows(seen.clauses, seen_usefulness, seen.sessions[:, KIND], layout)
    sessions = known[layout.sessions] & (sample.source == "sessions")[layout.sessions]
    quality = sample.session_targets[layout.sessions, 0] * 100
    unusable = np.array([row.get("kind") in UNUSABLE for row in sample.rows], dtype=np.float64)[layout.sessions]
    theme, theme_session, number, _ = theme_rows(
        seen.clauses, seen.sessions, seen_claims, seen_polarity, seen_usefulness, layout
    )
    # A statement by itself is graded lower than the same words in a session: it would shift the scores of sessions.
    stated = np.array([str(row["id"]).partition("-")[2].startswith(STATEMENT) for row in sample.rows])
    labelled = sessions & ~np.isnan(quality) & ~stated[layout.sessions]
    used = sessions[theme_session]
    sides = sample.themes[layout.sessions[theme_session], number].astype(np.float64)

    turns = turn_rows(seen.turns, seen.clauses, sample.cut.turns)
    danger, danger_from = _danger(sample, turns, known, dealt)
    every = np.ones(len(rows), dtype=np.bool_)
    return Model(
        version="",
        heads=heads,
        usefulness=usefulness(every),
        polarity=polarity(every),
        claims=claim_map(every),
        quality=boosted(session[labelled], quality[labelled], rising=rising(len(TARGETS), USEFUL, len(KINDS))),
        unusable=boosted(session[labelled], unusable[labelled]),
        praised=boosted(theme[used], sides[used, 0], trees=TREES_OF_THEMES),
        blamed=boosted(theme[used], sides[used, 1], trees=TREES_OF_THEMES),
        danger=danger,
        danger_from=danger_from,
        acts=_acts(sample, turns, known),
        details=_details(sample, turns, known),
    )


def _danger(sample: Sample, turns: Floats, known: Mask, dealt: Sequence[Sequence[str]]) -> tuple[Trees, float]:
    row = sample.row_of_turn[sample.cut.turns.sessions]
    inside, author = known[row], sample.author[row]
    target = sample.danger_targets[sample.cut.turns.sessions, 0]

    def fitted(used: Mask) -> Trees:
        chosen = inside & used
        return boosted(turns[chosen], target[chosen])

    likely = _Level(fitted, author, dealt).unseen(turns)
    ordinary = inside & ~np.isnan(sample.session_targets[row, 0]) & (target == 0)
    highest = np.zeros(len(sample.rows), dtype=np.float32)
    np.maximum.at(highest, row[ordinary], likely[ordinary])
    sessions = np.unique(row[ordinary])
    return fitted(np.ones(len(row), dtype=np.bool_)), float(np.quantile(highest[sessions], 1 - MOST_FALSE_ALARMS))


def _acts(sample: Sample, turns: Floats, known: Mask) -> Map:
    targets = sample.act_targets[sample.cut.turns.sessions, : len(ACTS)]
    used = known[sample.row_of_turn][sample.cut.turns.sessions] & ~np.isnan(targets[:, 0])
    scaler = StandardScaler().fit(turns[used])
    classes = targets[used].argmax(axis=1)
    answers = (sample.source == "conversations")[sample.row_of_turn][sample.cut.turns.sessions][used]
    weights = np.where(answers, 1.0, WEIGHT_OF_STATEMENTS)
    model = LogisticRegression(C=FREEDOM_OF_ACTS, max_iter=500).fit(
        scaler.transform(turns[used]), classes, sample_weight=weights
    )
    weights = np.zeros((turns.shape[1], len(ACTS)))
    intercepts = np.full(len(ACTS), -np.inf)
    weights[:, model.classes_], intercepts[model.classes_] = model.coef_.T, model.intercept_
    return _unscaled(scaler, weights, intercepts)


def _details(sample: Sample, turns: Floats, known: Mask) -> Map:
    targets = sample.detail_targets[sample.cut.turns.sessions]
    used = known[sample.row_of_turn][sample.cut.turns.sessions] & ~np.isnan(targets[:, 0])
    return _ridge(turns, targets, used, PENALTY_OF_DETAILS)


def _ridge(rows: Floats, targets: Doubles, used: Mask, penalty: float) -> Map:
    scaler = StandardScaler().fit(rows[used])
    model = Ridge(alpha=penalty).fit(scaler.transform(rows[used]), targets[used])
    return _unscaled(scaler, model.coef_.T, model.intercept_)


def _unscaled(scaler: StandardScaler, weights: Doubles, intercepts: Doubles) -> Map:
    own = weights / scaler.scale_[:, None]
    return Map(own.astype(np.float32), (intercepts - scaler.mean_ @ own).astype(np.float32))
