"""Subscores, and the clauses that earned them.

A clause earns its usefulness times how likely it gives a detail of the subscore's kind. A subscore is 1 minus the
product of what its clauses leave, so that one more clause never lowers it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from pipelines.language.heads import Floats
from pipelines.language.labels import BEGINS, ROLE_OF_DETAIL
from pipelines.language.measures import Measures
from pipelines.scoring.layout import session_of_clause
from pipelines.scoring.quotes import Quote

SUBSCORES = ("specificity", "evidence", "breadth", "actionability", "authenticity")
DETAILS_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "specificity": ("thing", "place", "time", "person", "amount"),
        "evidence": ("reason", "consequence", "comparison"),
        "actionability": ("suggestion",),
    }
)
FAULT_COUNTS = 0.5  # of a clause that finds fault, to actionability: a fault can be mended without a suggestion
ENOUGH_THEMES = 3  # for a breadth of 1
EARNS_FROM = 0.1  # a clause's usefulness; annotators' "a little" is 0.15
CLEAR_FROM = 0.4  # likelihood of a detail
MOST = 0.99  # of what one clause earns

_EARNED = tuple(DETAILS_OF)

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Span:
    """The clause that earned part of a subscore; positions in the turn's text (composed form).

    Attributes:
        turn: The index of the scored turn, from 0.
        start: First character.
        end: One past the last character.
        subscore: The subscore that its details earned.
    """

    turn: int
    start: int
    end: int
    subscore: str


def likely_details(measures: Measures) -> Floats:
    """Return how likely each clause gives a detail of each earned subscore: shape (clauses, 3)."""
    if not len(measures.cut.clauses):
        return np.zeros((0, len(_EARNED)), dtype=np.float32)
    roles = np.clip(measures.values.clauses, 0, 1)
    columns = ([BEGINS[f"role {ROLE_OF_DETAIL[detail]}"] for detail in details] for details in DETAILS_OF.values())
    return np.stack([roles[:, own].max(axis=1) for own in columns], axis=1)


def subscores(measures: Measures, quotes: Mapping[int, tuple[Quote, ...]], likely: Floats) -> Mapping[str, Doubles]:
    """Return each session's subscores, 0-1.

    Args:
        measures: The sessions.
        quotes: Their claims.
        likely: Their clauses' details, see `likely_details`.
    """
    layout = measures.cut.sessions
    found = {name: np.zeros(layout.size, dtype=np.float64) for name in SUBSCORES}
    if len(layout.begins):
        earned = likely.astype(np.float64)
        fault = np.clip(measures.values.clauses[:, BEGINS["role -"]], 0, 1)
        action = _EARNED.index("actionability")
        earned[:, action] = np.maximum(earned[:, action], FAULT_COUNTS * fault)
        left = np.log1p(-np.minimum(earned * measures.usefulness[:, None], MOST))
        together = 1 - np.exp(np.add.reduceat(left, layout.begins))
        for place, name in enumerate(_EARNED):
            found[name][layout.sessions] = together[:, place]
    for session, own in quotes.items():
        found["breadth"][session] = min(1.0, len(own) / ENOUGH_THEMES)
    found["authenticity"] = 1 - np.clip(measures.unusable.astype(np.float64), 0, 1)
    return found


def spans(measures: Measures, likely: Floats) -> dict[int, tuple[Span, ...]]:
    """Return the clauses that earned something, by session and in spoken order.

    A clause's subscore is the rarest that it clearly gives a detail of: most clauses name a thing.
    """
    found: dict[int, list[Span]] = {}
    sessions = session_of_clause(measures.cut)
    for number in np.flatnonzero(measures.usefulness >= EARNS_FROM).tolist():
        clause = measures.cut.clauses[number]
        clear = [name for name, value in zip(_EARNED, likely[number], strict=True) if value >= CLEAR_FROM]
        span = Span(
            clause.turn, clause.start, clause.end, clear[-1] if clear else _EARNED[int(likely[number].argmax())]
        )
        found.setdefault(int(sessions[number]), []).append(span)
    return {session: tuple(own) for session, own in found.items()}
