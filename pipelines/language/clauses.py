"""Cuts turns into tokens and clauses; a clause is what one statement usually takes.

A recogniser often writes no punctuation, so a long stretch is also cut before a conjunction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
LONGEST = 14  # words of a stretch that is not cut
LEAST_BEFORE_CONJUNCTION = 5
LONGEST_CUT = 18
SHORTEST = 3  # a shorter clause joins its neighbour

_BREAK = re.compile(r"[.!?;\u2026\n]|[,:](?!\w)|\s[\u2013-]\s")
_CONJUNCTIONS = frozenset(
    "och men så för sen fast eftersom medan när om som "
    "and but so because then which when while though that if cause cos".split()
)
_CODE = re.compile(r"\S{33,}")  # longer than words are: encoded text, an address
_HESITATION = frozenset("alltså liksom eh ehm öh öhm äh ähm mm mhm hm hmm um uh uhm er erm".split())


class Clause(NamedTuple):
    """One clause.

    Attributes:
        turn: The index of its turn.
        start: Its first character in the turn.
        end: One past its last character.
        words: Its tokens, see `normal`, without sounds and words of hesitation.
    """

    turn: int
    start: int
    end: int
    words: tuple[str, ...]


def normal(token: str) -> str:
    """Return a token in lower case; a number as one # for each of its first four digits."""
    if token[0].isdigit():
        return "#" * min(sum(letter.isdigit() for letter in token), 4)
    return token.lower().replace("\u2019", "'")


def words(text: str) -> list[str]:
    """Return the tokens of `text`, see `normal`."""
    return [normal(token) for token in TOKEN.findall(text)]


def clauses(turns: Sequence[str]) -> list[Clause]:
    """Return the clauses of `turns` in order; a turn without a word has none."""
    found: list[Clause] = []
    for number, turn in enumerate(turns):
        found += _of_turn(number, turn)
    return found


def _of_turn(number: int, turn: str) -> list[Clause]:
    codes = [match.span() for match in _CODE.finditer(turn)]
    tokens = [
        (match.start(), match.end(), normal(match.group()))
        for match in TOKEN.finditer(turn)
        if not any(begin <= match.start() < end for begin, end in codes)
    ]
    groups: list[list[tuple[int, int, str]]] = []
    for stretch in _stretches(turn, tokens):
        for group in _cut(stretch):
            if groups and (len(group) < SHORTEST or len(groups[-1]) < SHORTEST):
                groups[-1] += group
            else:
                groups.append(group)
    return [Clause(number, group[0][0], group[-1][1], _said(word for _, _, word in group)) for group in groups]


def _said(tokens: Iterable[str]) -> tuple[str, ...]:
    """Return the tokens that are no hesitation; all if nothing else was said."""
    own = tuple(tokens)
    return tuple(token for token in own if token not in _HESITATION) or own


def _stretches(turn: str, tokens: Sequence[tuple[int, int, str]]) -> list[list[tuple[int, int, str]]]:
    """Return the tokens between two punctuation marks."""
    found: list[list[tuple[int, int, str]]] = []
    end = 0
    for token in tokens:
        if not found or _BREAK.search(turn, end, token[0] + 1):
            found.append([])
        found[-1].append(token)
        end = token[1]
    return found


def _cut(stretch: list[tuple[int, int, str]]) -> list[list[tuple[int, int, str]]]:
    if len(stretch) <= LONGEST:
        return [stretch]
    found: list[list[tuple[int, int, str]]] = [[]]
    for token in stretch:
        begins = token[2] in _CONJUNCTIONS and len(found[-1]) >= LEAST_BEFORE_CONJUNCTION
        if begins or len(found[-1]) >= LONGEST_CUT:
            found.append([])
        found[-1].append(token)
    return found
