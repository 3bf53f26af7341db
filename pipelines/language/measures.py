"""Measures many sessions at once: arrays of what `reading.py` says of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.language.cut import Cut, beginnings
from pipelines.language.heads import Floats, HeadReader
from pipelines.language.labels import CLAUSE, KIND
from pipelines.language.model import Map, Model
from pipelines.language.plain_dangers import LIKELY_FROM, names_danger
from pipelines.language.pooling import Layout, session_rows, turn_rows
from pipelines.language.themes import claim_rows, theme_rows
from pipelines.language.tokens import Ints

UNUSABLE_FROM = 0.65
MOST_UNUSABLE = 40  # the highest quality of a session that is likely of no use
PART_CLAUSES = 30_000  # measured together: their rows are some 100 MB
MAP_ROWS = 512  # multiplied together


@dataclass(frozen=True, slots=True)
class Values:
    """The linear models' values of some sessions' words.

    Attributes:
        clauses: By clause and model.
        turns: By turn with clauses and model.
        sessions: By session with clauses and model.
    """

    clauses: Floats
    turns: Floats
    sessions: Floats


@dataclass(frozen=True, slots=True)
class Measures:
    """What is measured of some sessions.

    Attributes:
        cut: Their clauses.
        values: The linear models' values.
        usefulness: By clause, 0-1.
        polarity: By clause, from -1, blame, to 1, praise.
        claims: By clause and claim target.
        quality: By session, 0-100; 0 without a word.
        unusable: By session, about 0-1; 1 without a word.
        danger: By turn, about 0-1; at least the model's limit where the words name a danger.
        acts: By turn with clauses and act: likelihoods.
        details: By turn with clauses and detail: likelihoods.
        theme_session: By looked-at theme: the session.
        theme: By looked-at theme: which.
        theme_clause: By looked-at theme: the likeliest clause.
        praised: By looked-at theme: the likelihood that the session praises it.
        blamed: By looked-at theme: the likelihood that the session finds fault with it.
    """

    cut: Cut
    values: Values
    usefulness: Floats
    polarity: Floats
    claims: Floats
    quality: Floats
    unusable: Floats
    danger: Floats
    acts: Floats
    details: Floats
    theme_session: Ints
    theme: Ints
    theme_clause: Ints
    praised: Floats
    blamed: Floats


class Measurer:
    """Measures sessions by a model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._reader = HeadReader(model.heads)

    def measure(self, sessions: Sequence[Sequence[str]]) -> Measures:
        """Return what is measured of sessions, each a sequence of turns.

        A session's quality is that of its best beginning, so that one more turn never lowers it, unless the whole is
        of no use.
        """
        cut = Cut.of(sessions)
        if len(cut.clauses) <= PART_CLAUSES:
            found = self._part(cut)
        else:
            found = _joined(cut, [self._part(cut.part(begin, end)) for begin, end in cut.parts(PART_CLAUSES)])
        doubtful = np.flatnonzero((found.danger >= LIKELY_FROM) & (found.danger < self.model.danger_from))
        turns = [turn for turns in sessions for turn in turns]
        named = doubtful[names_danger([turns[place] for place in doubtful.tolist()])]
        found.danger[named] = self.model.danger_from
        useless = found.unusable >= UNUSABLE_FROM
        found.quality[useless] = np.minimum(found.quality[useless], MOST_UNUSABLE)
        return found

    def _part(self, cut: Cut) -> Measures:
        sums = self._reader.sums(cut.clauses.texts)
        values = self._reader.values(sums)
        if not len(cut.clauses):
            return measured(self.model, cut, Values(values, values, values))
        turns, sessions = (self._reader.values(sums.joined(each.counts)) for each in (cut.turns, cut.sessions))
        found = measured(self.model, cut, Values(values, turns, sessions))
        session, clause, layout = beginnings(cut)
        if len(session):
            own = self._reader.values(sums.joined(layout.counts, clause))
            judged = _judged(self.model, values[clause], own, layout)
            np.maximum.at(found.quality, session, np.clip(self.model.quality.predict(judged.sessions), 0, 100))
        return found


@dataclass(frozen=True, slots=True)
class _Judged:
    """The rows of clauses, their usefulness, and the rows of their sessions."""

    clauses: Floats
    usefulness: Floats
    sessions: Floats


def _judged(model: Model, clauses: Floats, sessions: Floats, layout: Layout) -> _Judged:
    rows = claim_rows(clauses, sessions, layout, CLAUSE)
    useful = np.clip(model.usefulness.predict(rows), 0, 1)
    return _Judged(rows, useful, session_rows(clauses, useful, sessions[:, KIND], layout))


def measured(model: Model, cut: Cut, values: Values) -> Measures:
    """Return what a model's upper levels make of the linear models' values."""
    layout = cut.sessions
    quality = np.zeros(layout.size, dtype=np.float32)
    unusable = np.ones(layout.size, dtype=np.float32)
    danger = np.zeros(cut.turns.size, dtype=np.float32)
    if not len(cut.clauses):
        none, some = np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.int64)
        claims, acts, details = (
            np.zeros((0, len(each.intercepts)), dtype=np.float32) for each in (model.claims, model.acts, model.details)
        )
        return Measures(
            cut, values, none, none, claims, quality, unusable, danger, acts, details, some, some, some, none, none
        )
    judged = _judged(model, values.clauses, values.sessions, layout)
    usefulness = judged.usefulness
    quality[layout.sessions] = np.clip(model.quality.predict(judged.sessions), 0, 100)
    unusable[layout.sessions] = model.unusable.predict(judged.sessions)
    polarity, claims = model.polarity.predict(judged.clauses), _mapped(model.claims, judged.clauses)
    turns = turn_rows(values.turns, values.clauses, cut.turns)
    danger[cut.turns.sessions] = model.danger.predict(turns)
    theme, theme_session, number, clause = theme_rows(
        values.clauses, values.sessions, claims, polarity, usefulness, layout
    )
    return Measures(
        cut=cut,
        values=values,
        usefulness=usefulness,
        polarity=polarity,
        claims=claims,
        quality=quality,
        unusable=unusable,
        danger=danger,
        acts=_softmax(_mapped(model.acts, turns)),
        details=_mapped(model.details, turns),
        theme_session=layout.sessions[theme_session],
        theme=number,
        theme_clause=clause,
        praised=model.praised.predict(theme),
        blamed=model.blamed.predict(theme),
    )


def _joined(cut: Cut, parts: Sequence[Measures]) -> Measures:
    """Return the measures of sessions from those of their parts, in order."""
    sessions = np.cumsum([0, *(part.cut.sessions.size for part in parts[:-1])]).tolist()
    clauses = np.cumsum([0, *(len(part.cut.clauses) for part in parts[:-1])]).tolist()

    def table(column: Callable[[Measures], Floats]) -> Floats:
        return np.concatenate([column(part) for part in parts])

    def moved(column: Callable[[Measures], Ints], by: Sequence[int]) -> Ints:
        return np.concatenate([column(part) + first for part, first in zip(parts, by, strict=True)])

    return Measures(
        cut=cut,
        values=Values(
            table(lambda part: part.values.clauses),
            table(lambda part: part.values.turns),
            table(lambda part: part.values.sessions),
        ),
        usefulness=table(lambda part: part.usefulness),
        polarity=table(lambda part: part.polarity),
        claims=table(lambda part: part.claims),
        quality=table(lambda part: part.quality),
        unusable=table(lambda part: part.unusable),
        danger=table(lambda part: part.danger),
        acts=table(lambda part: part.acts),
        details=table(lambda part: part.details),
        theme_session=moved(lambda part: part.theme_session, sessions),
        theme=moved(lambda part: part.theme, [0] * len(parts)),
        theme_clause=moved(lambda part: part.theme_clause, clauses),
        praised=table(lambda part: part.praised),
        blamed=table(lambda part: part.blamed),
    )


def _mapped(model: Map, rows: Floats) -> Floats:
    """Return each row's outputs; 64 bits, so that they do not depend on the rows beside it."""
    weights = model.weights.astype(np.float64)
    found = np.empty((len(rows), len(model.intercepts)), dtype=np.float32)
    for begin in range(0, len(rows), MAP_ROWS):
        block = slice(begin, begin + MAP_ROWS)
        found[block] = rows[block].astype(np.float64) @ weights + model.intercepts
    return found


def _softmax(values: Floats) -> Floats:
    raised = np.exp(values - values.max(axis=1, keepdims=True))
    found: Floats = raised / raised.sum(axis=1, keepdims=True)
    return found
