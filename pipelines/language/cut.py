"""Sessions cut into clauses, and which clauses belong to which turn and session."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipelines.language.clauses import Clauses
from pipelines.language.pooling import Layout
from pipelines.language.tokens import Bits, Ints, Texts


@dataclass(frozen=True, slots=True)
class Cut:
    """Sessions cut into clauses.

    Attributes:
        clauses: All clauses, session by session.
        sessions: Whose they are.
        turns: Which turns they belong to, over all turns of all sessions.
        first_turn: By session: the number of its first turn.
    """

    clauses: Clauses
    sessions: Layout
    turns: Layout
    first_turn: Ints

    @classmethod
    def of(cls, sessions: Sequence[Sequence[str]]) -> Cut:
        """Return the clauses of sessions, each a sequence of turns.

        A clause that only repeats the words of an earlier one of its session is left out: said again it adds nothing.
        """
        turns = np.fromiter(map(len, sessions), np.int64, len(sessions))
        found = Clauses.of([turn for some in sessions for turn in some])
        session = np.repeat(np.arange(len(turns)), turns)[found.turn]
        repeats = _repeats(found.texts, session)
        if repeats.any():
            found, session = found.chosen(~repeats), session[~repeats]
        first = np.cumsum(turns) - turns
        return cls._laid(replace(found, turn=found.turn - first[session]), session, turns)

    def part(self, begin: int, end: int) -> Cut:
        """Return the sessions from `begin` to before `end`."""
        session = self.sessions.sessions[self.sessions.session]
        first, past = np.searchsorted(session, [begin, end]).tolist()
        turns = np.diff(self.first_turn, append=self.turns.size)[begin:end]
        return self._laid(self.clauses.part(first, past), session[first:past] - begin, turns)

    def parts(self, clauses: int) -> Iterator[tuple[int, int]]:
        """Yield the first session of each part of about `clauses` clauses, and the one past its last session."""
        session = self.sessions.sessions[self.sessions.session]
        begins = np.unique(session[::clauses])[1:]
        yield from pairwise([0, *begins.tolist(), self.sessions.size])

    @classmethod
    def _laid(cls, clauses: Clauses, session: Ints, turns: Ints) -> Cut:
        first, words = np.cumsum(turns) - turns, clauses.texts.counts
        by_turn = np.bincount(clauses.turn + first[session], minlength=int(turns.sum()))
        by_session = np.bincount(session, minlength=len(turns))
        return cls(clauses, Layout.of(by_session, words), Layout.of(by_turn, words), first)


def beginnings(cut: Cut) -> tuple[Ints, Ints, Layout]:
    """Return sessions' beginnings, each up to a turn before the last: sessions, clauses and layout."""
    turn, session = cut.clauses.turn, cut.sessions.session
    last = np.flatnonzero((turn[1:] != turn[:-1]) & (session[1:] == session[:-1]))
    first = cut.sessions.begins[session[last]]
    counts = last - first + 1
    begins = np.cumsum(counts) - counts
    clauses = np.arange(counts.sum()) + np.repeat(first - begins, counts)
    return cut.sessions.sessions[session[last]], clauses, Layout.of(counts, cut.sessions.words[clauses])


def _repeats(texts: Texts, session: Ints) -> Bits:
    """Return which texts repeat an earlier one of their session."""
    found = np.zeros(len(session), dtype=np.bool_)
    key = _keys(texts, session)
    order = np.argsort(key, kind="stable")
    same = order[1:][key[order[1:]] == key[order[:-1]]]
    ends = np.cumsum(texts.counts)
    for own in np.unique(session[same]).tolist():  # the same words have the same key, others hardly ever
        seen: set[bytes] = set()
        for place in range(*np.searchsorted(session, [own, own + 1]).tolist()):
            numbers = texts.numbers[ends[place] - texts.counts[place] : ends[place]].tobytes()
            found[place] = numbers in seen
            seen.add(numbers)
    return found


def _keys(texts: Texts, session: Ints) -> NDArray[np.uint64]:
    """Return a number for each text that follows from its session, its tokens and their order."""
    if not len(session):
        return np.zeros(0, dtype=np.uint64)
    begins = np.cumsum(texts.counts) - texts.counts
    place = np.arange(len(texts.numbers)) - np.repeat(begins, texts.counts)
    mixed = _mixed(texts.numbers.astype(np.uint64) + _mixed(place.astype(np.uint64)))
    return _mixed(np.add.reduceat(mixed, begins) + _mixed(session.astype(np.uint64)))


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return numbers spread over 64 bits (the finaliser of splitmix64)."""
    found = numbers + np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        found ^= found >> np.uint64(shift)
        found *= np.uint64(factor)
    found ^= found >> np.uint64(31)
    return found
