"""Measures many sessions at once: arrays of what `reading.py` says of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.language.clauses import Clause, clauses
from pipelines.language.heads import Floats, HeadReader, Ints, Sums
from pipelines.language.labels import CLAUSE, KIND
from pipelines.language.model import Model
from pipelines.language.plain_dangers import LIKELY_FROM, names_danger
from pipelines.language.pooling import Layout, session_rows, turn_rows
from pipelines.language.themes import claim_rows, theme_rows

UNUSABLE_FROM = 0.65
MOST_UNUSABLE = 40  # the highest quality of a session that is likely of no use


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
class Cut:
    """Sessions cut into clauses.

    Attributes:
        clauses: All clauses, session by session.
        sessions: Whose they are.
        turns: Which turns they belong to, over all turns of all sessions.
        first_turn: By session: the number of its first turn.
    """

    clauses: Sequence[Clause]
    sessions: Layout
    turns: Layout
    first_turn: Ints

    @classmethod
    def of(cls, sessions: Sequence[Sequence[str]]) -> Cut:
        """Return the clauses of sessions, each a sequence of turns."""
        cut = [_once(clauses(turns)) for turns in sessions]
        flat = [clause for some in cut for clause in some]
        words = np.fromiter((len(clause.words) for clause in flat), np.int64, len(flat))
        counts = np.fromiter((len(some) for some in cut), np.int64, len(cut))
        turns = np.fromiter((len(some) for some in sessions), np.int64, len(sessions))
        first = np.cumsum(turns) - turns
        own = np.fromiter((clause.turn for clause in flat), np.int64, len(flat)) + np.repeat(first, counts)
        return cls(flat, Layout.of(counts, words), Layout.of(np.bincount(own, minlength=turns.sum()), words), first)


def _once(some: Sequence[Clause]) -> list[Clause]:
    """Return clauses, without those that only repeat an earlier one's words: said again they add nothing."""
    first: dict[tuple[str, ...], Clause] = {}
    for clause in some:
        first.setdefault(clause.words, clause)
    return list(first.values())


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
        sums = self._reader.sums([clause.words for clause in cut.clauses])
        values = self._reader.values(sums)
        if not len(cut.clauses):
            return measured(self.model, cut, Values(values, values, values))
        found = measured(
            self.model,
            cut,
            Values(
                values,
                self._reader.values(sums.joined(cut.turns.begins)),
                self._reader.values(sums.joined(cut.sessions.begins)),
            ),
        )
        session, clause, layout = beginnings(cut)
        if len(session):
            own = Sums(sums.words[clause], sums.grams[clause]).joined(layout.begins)
            _, _, best, _ = _judge(self.model, values[clause], self._reader.values(own), layout)
            np.maximum.at(found.quality, session, np.clip(best, 0, 100))
        named = names_danger([turn for turns in sessions for turn in turns]) & (found.danger >= LIKELY_FROM)
        found.danger[named] = np.maximum(found.danger[named], self.model.danger_from)
        named = names_danger([turn for turns in sessions for turn in turns]) & (found.danger >= LIKELY_FROM)
        found.danger[named] = np.maximum(found.danger[named], self.model.danger_from)
        useless = found.unusable >= UNUSABLE_FROM
        found.quality[useless] = np.minimum(found.quality[useless], MOST_UNUSABLE)
        return found


def beginnings(cut: Cut) -> tuple[Ints, Ints, Layout]:
    """Return sessions' beginnings, each up to a turn before the last: sessions, clauses and layout."""
    clause_turn = np.fromiter((clause.turn for clause in cut.clauses), np.int64, len(cut.clauses))
    sessions: list[int] = []
    clauses: list[Ints] = []
    ends = np.append(cut.sessions.begins[1:], len(cut.clauses))
    several = np.flatnonzero(clause_turn[cut.sessions.begins] != clause_turn[ends - 1])
    for place in several.tolist():
        begin, end = int(cut.sessions.begins[place]), int(ends[place])
        for last in np.flatnonzero(np.diff(clause_turn[begin:end])).tolist():
            sessions.append(int(cut.sessions.sessions[place]))
            clauses.append(np.arange(begin, begin + last + 1))
    flat = np.concatenate(clauses) if clauses else np.zeros(0, dtype=np.int64)
    counts = np.array([len(some) for some in clauses], dtype=np.int64)
    return np.array(sessions, dtype=np.int64), flat, Layout.of(counts, cut.sessions.words[flat])


def _judge(model: Model, clauses: Floats, sessions: Floats, layout: Layout) -> tuple[Floats, Floats, Floats, Floats]:
    """Return clauses' rows and usefulness, and sessions' quality and likelihood to be of no use."""
    rows = claim_rows(clauses, sessions, layout, CLAUSE)
    useful = np.clip(model.usefulness.predict(rows), 0, 1)
    session = session_rows(clauses, useful, sessions[:, KIND], layout)
    return rows, useful, model.quality.predict(session), model.unusable.predict(session)


def measured(model: Model, cut: Cut, values: Values) -> Measures:
    """Return what a model's upper levels make of the linear models' values."""
    layout = cut.sessions
    quality = np.zeros(layout.size, dtype=np.float32)
    unusable = np.ones(layout.size, dtype=np.float32)
    danger = np.zeros(cut.turns.size, dtype=np.float32)
    if not len(cut.clauses):
        none, some = np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.int64)
        table = np.zeros((0, 0), dtype=np.float32)
        return Measures(
            cut, values, none, none, table, quality, unusable, danger, table, table, some, some, some, none, none
        )
    rows, usefulness, found, useless = _judge(model, values.clauses, values.sessions, layout)
    polarity, claims = model.polarity.predict(rows), model.claims.values(rows)
    quality[layout.sessions] = np.clip(found, 0, 100)
    unusable[layout.sessions] = useless
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
        acts=_softmax(model.acts.values(turns)),
        details=model.details.values(turns),
        theme_session=layout.sessions[theme_session],
        theme=number,
        theme_clause=clause,
        praised=model.praised.predict(theme),
        blamed=model.blamed.predict(theme),
    )


def _softmax(values: Floats) -> Floats:
    raised = np.exp(values - values.max(axis=1, keepdims=True))
    found: Floats = raised / raised.sum(axis=1, keepdims=True)
    return found
