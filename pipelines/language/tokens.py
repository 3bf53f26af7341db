"""Splits turns into tokens, many turns at once, as arrays.

Turns are first split at spaces. A piece between two spaces is read once, wherever it occurs: what it holds does not
depend on its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
SHORTEST_CODE = 33  # longer than words are: encoded text, an address

_BREAK = re.compile(r"[.!?;\u2026\n]|[,:](?!\w)|\s[\u2013-]\s")
_CODE = re.compile(rf"\S{{{SHORTEST_CODE},}}")

Ints = NDArray[np.int64]
Bits = NDArray[np.bool_]


def normal(token: str) -> str:
    """Return a token in lower case; a number as one # for each of its first four digits."""
    if token[0].isdigit():
        return "#" * min(sum(letter.isdigit() for letter in token), 4)
    return token.lower().replace("\u2019", "'")


def words(text: str) -> list[str]:
    """Return the tokens of `text`, see `normal`."""
    return [normal(token) for token in TOKEN.findall(text)]


class Texts(NamedTuple):
    """Some tokenised texts.

    Attributes:
        counts: By text: its tokens.
        numbers: By token, text by text: its place in `names`.
        names: Distinct tokens.
    """

    counts: Ints
    numbers: Ints
    names: Sequence[str]

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]]) -> Texts:
        """Return texts given as sequences of tokens."""
        counts = np.fromiter(map(len, texts), np.int64, len(texts))
        distinct = _Distinct()
        return cls(counts, distinct.numbers(list(chain.from_iterable(texts))), list(distinct))

    def chosen(self, used: Bits) -> Texts:
        """Return the texts with `used`."""
        return Texts(self.counts[used], self.numbers[np.repeat(used, self.counts)], self.names)

    def part(self, begin: int, end: int) -> Texts:
        """Return the texts from `begin` to before `end`."""
        first = int(self.counts[:begin].sum())
        counts = self.counts[begin:end]
        return Texts(counts, self.numbers[first : first + int(counts.sum())], self.names)


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """The tokens of some turns, in order.

    Attributes:
        turn: By token: the index of its turn; it never falls.
        start: By token: its first character in the turn.
        end: By token: one past its last character.
        breaks: By token: whether it begins a turn, or punctuation that ends a clause is before it.
        number: By token: its place in `names`.
        names: The distinct tokens, see `normal`.
    """

    turn: Ints
    start: Ints
    end: Ints
    breaks: Bits
    number: Ints
    names: list[str]

    @classmethod
    def of(cls, turns: Sequence[str]) -> Tokens:
        """Return the tokens of `turns`, without those within codes."""
        distinct = _Distinct()
        pieces = distinct.numbers(" ".join(turns).split(" ") if turns else [])
        read = _Pieces.of(distinct)
        turn_of_piece = np.repeat(np.arange(len(turns)), [turn.count(" ") + 1 for turn in turns])
        begins_turn = np.diff(turn_of_piece, prepend=-1) > 0
        length = read.length[pieces] + 1
        begin = np.cumsum(length) - length
        offset = begin - begin[begins_turn][turn_of_piece]

        counts = read.counts[pieces]
        some = np.flatnonzero(counts)
        first = np.cumsum(counts[some]) - counts[some]  # the first token of each piece with some
        piece = np.repeat(some, counts[some])
        token = np.arange(len(piece)) + np.repeat(read.first[pieces[some]] - first, counts[some])
        breaks = read.breaks[token]
        closed = np.cumsum(read.closes[pieces])  # pieces that end a clause after their last token, up to each
        before: Ints = closed[some] - read.closes[pieces[some]]
        breaks[first] |= np.diff(before, prepend=0) > 0
        turn = turn_of_piece[piece]
        breaks |= np.diff(turn, prepend=-1) > 0
        return cls(
            turn,
            offset[piece] + read.start[token],
            offset[piece] + read.end[token],
            breaks,
            read.number[token],
            read.names,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Pieces:
    """Distinct pieces of text between spaces, and their tokens.

    Attributes:
        length: By piece: its characters.
        counts: By piece: its tokens.
        first: By piece: its first token.
        closes: By piece: whether punctuation after its last token, or a piece without a token, ends a clause.
        start: By token: its first character in the piece.
        end: By token: one past its last character.
        breaks: By token: whether punctuation before it, in the piece, ends a clause.
        number: By token: its place in `names`.
        names: The distinct tokens, see `normal`.
    """

    length: Ints
    counts: Ints
    first: Ints
    closes: Bits
    start: Ints
    end: Ints
    breaks: Bits
    number: Ints
    names: list[str]

    @classmethod
    def of(cls, pieces: Iterable[str]) -> _Pieces:
        """Return what each of `pieces` holds."""
        names = _Distinct()
        by_piece: list[tuple[int, int, bool]] = []
        by_token: list[tuple[int, int, bool, int]] = []
        for piece in pieces:
            before = len(by_token)
            if piece.isalpha() and len(piece) < SHORTEST_CODE:
                by_token.append((0, len(piece), False, names[normal(piece)]))
                by_piece.append((len(piece), 1, False))
                continue
            gap = " "  # what is between two tokens, with the letter that follows
            end = 0
            for start, past, token in _tokens(piece):
                gap += piece[end : start + 1]
                by_token.append((start, past, _BREAK.search(gap) is not None, names[normal(token)]))
                gap, end = "", past
            closes = _BREAK.search(f"{gap}{piece[end:]} ") is not None
            by_piece.append((len(piece), len(by_token) - before, closes))
        length, counts, closing = np.array(by_piece, dtype=np.int64).reshape(-1, 3).T
        start_, end_, breaks, number = np.array(by_token, dtype=np.int64).reshape(-1, 4).T
        first = np.cumsum(counts) - counts
        return cls(
            length, counts, first, closing.astype(np.bool_), start_, end_, breaks.astype(np.bool_), number, list(names)
        )


class _Distinct(dict[str, int]):
    """Numbers distinct texts in the order of their first look-up."""

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number

    def numbers(self, texts: Sequence[str]) -> Ints:
        """Return the number of each text."""
        return np.fromiter(map(self.__getitem__, texts), np.int64, len(texts))


def _tokens(piece: str) -> Iterator[tuple[int, int, str]]:
    """Yield the tokens of a piece that are within no code: start, end and text."""
    codes = [match.span() for match in _CODE.finditer(piece)]
    for match in TOKEN.finditer(piece):
        if not any(begin <= match.start() < end for begin, end in codes):
            yield match.start(), match.end(), match.group()
