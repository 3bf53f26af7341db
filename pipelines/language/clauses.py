"""Groups the tokens of turns into clauses; a clause is what one statement usually takes.

A recogniser often writes no punctuation, so a long stretch is also cut before a conjunction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, overload

import numpy as np

from pipelines.language.tokens import Bits, Ints, Texts, Tokens

LONGEST = 14  # words of a stretch that is not cut
LEAST_BEFORE_CONJUNCTION = 5
LONGEST_CUT = 18
SHORTEST = 3  # a shorter clause joins its neighbour

_CONJUNCTIONS = frozenset(
    "och men så för sen fast eftersom medan när om som "
    "and but so because then which when while though that if cause cos".split()
)
_HESITATION = frozenset("alltså liksom eh ehm öh öhm äh ähm mm mhm hm hmm um uh uhm er erm".split())


class Clause(NamedTuple):
    """One clause.

    Attributes:
        turn: The index of its turn.
        start: Its first character in the turn.
        end: One past its last character.
        words: Its tokens, see `tokens.normal`, without sounds and words of hesitation.
    """

    turn: int
    start: int
    end: int
    words: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Clauses(Sequence[Clause]):
    """Many clauses as arrays; they become objects when one is read.

    Attributes:
        turn: By clause: the index of its turn.
        start: By clause: its first character in the turn.
        end: By clause: one past its last character.
        texts: The words of each clause, as in `Clause.words`.
    """

    turn: Ints
    start: Ints
    end: Ints
    texts: Texts

    @classmethod
    def of(cls, turns: Sequence[str]) -> Clauses:
        """Return the clauses of `turns` in order; a turn without a word has none."""
        tokens = Tokens.of(turns)
        begins = np.flatnonzero(_begins_clause(tokens))
        counts = np.diff(begins, append=len(tokens.number))
        said = _said(tokens, begins, counts)
        texts = Texts(_sums(said.astype(np.int64), begins), tokens.number[said], tokens.names)
        return cls(tokens.turn[begins], tokens.start[begins], tokens.end[begins + counts - 1], texts)

    def __len__(self) -> int:
        """Return the number of clauses."""
        return len(self.turn)

    @overload
    def __getitem__(self, place: int) -> Clause: ...
    @overload
    def __getitem__(self, place: slice) -> list[Clause]: ...
    def __getitem__(self, place: int | slice) -> Clause | list[Clause]:
        """Return one clause, or those of a slice."""
        return self._every[place]

    def __iter__(self) -> Iterator[Clause]:
        """Yield the clauses."""
        return iter(self._every)

    @cached_property
    def _every(self) -> list[Clause]:
        names = [self.texts.names[number] for number in self.texts.numbers.tolist()]
        ends = np.cumsum(self.texts.counts)
        begins = ends - self.texts.counts
        words = [tuple(names[begin:end]) for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)]
        return list(map(Clause, self.turn.tolist(), self.start.tolist(), self.end.tolist(), words))

    def chosen(self, used: Bits) -> Clauses:
        """Return the clauses with `used`."""
        return Clauses(self.turn[used], self.start[used], self.end[used], self.texts.chosen(used))

    def part(self, begin: int, end: int) -> Clauses:
        """Return the clauses from `begin` to before `end`."""
        own = slice(begin, end)
        return Clauses(self.turn[own], self.start[own], self.end[own], self.texts.part(begin, end))


def clauses(turns: Sequence[str]) -> list[Clause]:
    """Return the clauses of `turns` in order; a turn without a word has none."""
    return list(Clauses.of(turns))


def _begins_clause(tokens: Tokens) -> Bits:
    """Return whether each token begins a clause: pieces of stretches, short ones joined to a neighbour."""
    begins = np.flatnonzero(_begins_piece(tokens))
    size = np.diff(begins, append=len(tokens.turn))
    turn = tokens.turn[begins]
    before = begins - np.searchsorted(tokens.turn, turn)  # tokens of the turn before the piece
    # What is before a piece in its turn is short only if nothing in it began a clause but the turn's first piece.
    own = (before == 0) | ((size >= SHORTEST) & (before >= SHORTEST))
    found = np.zeros(len(tokens.turn), dtype=np.bool_)
    found[begins[own]] = True
    return found


def _begins_piece(tokens: Tokens) -> Bits:
    """Return whether each token begins a stretch between two punctuation marks, or a piece of a long one."""
    found = tokens.breaks.copy()
    count = len(found)
    begins = np.flatnonzero(found)
    ends = np.append(begins[1:], count)
    conjunction = np.array([name in _CONJUNCTIONS for name in tokens.names], dtype=np.bool_)[tokens.number]
    place = np.append(np.where(conjunction, np.arange(count), count), count)
    conjunction_from: Ints = np.minimum.accumulate(place[::-1])[::-1]
    long = ends - begins > LONGEST
    begins, ends = begins[long], ends[long]
    while len(begins):
        earliest = np.minimum(begins + LEAST_BEFORE_CONJUNCTION, count)
        cut = np.minimum(conjunction_from[earliest], begins + LONGEST_CUT)
        within = cut < ends
        begins, ends = cut[within], ends[within]
        found[begins] = True
    return found


def _said(tokens: Tokens, begins: Ints, counts: Ints) -> Bits:
    """Return which tokens are no hesitation; all of a clause if nothing else was said."""
    hesitates = np.array([name in _HESITATION for name in tokens.names], dtype=np.bool_)[tokens.number]
    only = _sums(hesitates.astype(np.int64), begins) == counts
    said: Bits = ~hesitates | np.repeat(only, counts)
    return said


def _sums(values: Ints, begins: Ints) -> Ints:
    return np.add.reduceat(values, begins) if len(begins) else values[:0]
