"""Themes with their polarity, and the words of each claim."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.language.labels import THEMES
from pipelines.language.measures import Measures
from pipelines.language.reader import claimed_sides

_ALPHABETICAL = np.argsort(np.argsort(np.array(THEMES)))


@dataclass(frozen=True, slots=True)
class Quote:
    """A theme, its polarity and its claim's span.

    Attributes:
        theme: The theme.
        polarity: positive, negative or mixed.
        turn: The index of the scored turn, from 0.
        start: First character in the turn's text (composed form).
        end: One past the last character.
    """

    theme: str
    polarity: str
    turn: int
    start: int
    end: int


def quotes(measures: Measures) -> dict[int, tuple[Quote, ...]]:
    """Return the claims of each session that has some, in spoken order."""
    sides = claimed_sides(measures)
    clauses = measures.cut.clauses
    some = np.flatnonzero(sides.any(axis=1))
    if not len(some):
        return {}
    clause, session = measures.theme_clause[some], measures.theme_session[some]
    order = np.lexsort((_ALPHABETICAL[measures.theme[some]], clauses.start[clause], clauses.turn[clause], session))
    some, clause = some[order], clause[order]
    side = np.where(sides[some].all(axis=1), "mixed", np.where(sides[some, 0], "positive", "negative"))
    columns = (measures.theme[some], side, clauses.turn[clause], clauses.start[clause], clauses.end[clause])
    own = [Quote(THEMES[theme], *rest) for theme, *rest in zip(*(column.tolist() for column in columns), strict=True)]
    begins = np.flatnonzero(np.diff(session[order], prepend=-1))
    ends = np.append(begins[1:], len(own)).tolist()
    return {
        number: tuple(own[begin:end])
        for number, begin, end in zip(session[order][begins].tolist(), begins.tolist(), ends, strict=True)
    }
