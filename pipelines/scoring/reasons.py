"""What an answer says, and what it leaves out: the true reasons of its score, as keys of words.

An answer is never blamed for leaving out what it may well have said: what counts as left out has a lower limit than
what counts as said. The guest sits in the café, so when they were there is never asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from pipelines.language.heads import Floats
from pipelines.language.labels import BEGINS, ROLE_OF_DETAIL
from pipelines.language.measures import Measures
from pipelines.scoring.quotes import Quote
from pipelines.scoring.subscores import EARNS_FROM

SAID_FROM = 0.5  # likelihood of a detail in a clause that earned something
LEFT_OUT_BELOW = 0.15  # likelihood of a detail in every clause
CLEAR_SIDE = 0.2  # mean polarity of the clauses, from which the answer praises, and below whose negative it finds fault
LEAST_WEIGHT = 0.05  # of a clause in that mean, beside its usefulness
MOST_LEFT_OUT = 2  # more would read as a form to fill in

SAID = ("thing", "place", "amount", "time", "person", "reason", "consequence", "suggestion")
LEFT_OUT = (
    *("what_was_wrong", "what_was_good", "what_made_it_good", "what_exactly", "good_or_bad"),
    *("where", "how_long", "how_much", "consequence", "better", "better_still"),
)
# What a claim about the theme is easier to act on with.
_WHERE = frozenset({"cleanliness", "atmosphere", "noise", "seating", "wifi", "accessibility"})
_HOW_LONG, _HOW_MUCH = frozenset({"queue"}), frozenset({"price"})


@dataclass(frozen=True, slots=True)
class Reasons:
    """Keys of SAID and LEFT_OUT, the most important first."""

    said: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


NO_REASONS = Reasons()
_ROLES: Mapping[str, int] = MappingProxyType(
    {detail: BEGINS[f"role {role}"] for detail, role in ROLE_OF_DETAIL.items()}
)


def reasons(measures: Measures, quotes: Mapping[int, tuple[Quote, ...]]) -> dict[int, Reasons]:
    """Return the reasons of each session with words."""
    layout = measures.cut.sessions
    if not len(layout.begins):
        return {}
    values = measures.values.clauses[:, list(_ROLES.values())]
    earning = np.where(measures.usefulness[:, None] >= EARNS_FROM, values, 0)
    at_most, at_least = (np.maximum.reduceat(each, layout.begins) for each in (values, earning))
    weight = measures.usefulness + LEAST_WEIGHT
    side = np.add.reduceat(weight * measures.polarity, layout.begins) / np.add.reduceat(weight, layout.begins)
    numbers = np.fromiter((any(word[0] == "#" for word in each.words) for each in measures.cut.clauses), np.bool_)
    has_number = np.logical_or.reduceat(numbers, layout.begins)
    found = {}
    for place, session in enumerate(layout.sessions.tolist()):
        likely = _likelihoods(at_least[place])
        said = tuple(detail for detail in SAID if likely[detail] >= SAID_FROM)
        answer = _Answer(
            said,
            _likelihoods(at_most[place]),
            frozenset(quote.theme for quote in quotes.get(session, ())),
            float(side[place]),
            bool(has_number[place]),
        )
        found[session] = Reasons(said, answer.left_out())
    return found


def _likelihoods(row: Floats) -> dict[str, float]:
    return dict(zip(_ROLES, row.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class _Answer:
    """What decides what an answer leaves out: what it says or may say, its themes and its polarity."""

    said: tuple[str, ...]
    likely: Mapping[str, float]
    themes: frozenset[str]
    side: float
    has_number: bool

    def left_out(self) -> tuple[str, ...]:
        """Return what would have helped most and was not said."""
        where = ("where", self._lacks("place") and bool(self.themes & _WHERE))
        if self.side <= -CLEAR_SIDE:
            possible = [
                ("what_was_wrong", self._lacks("thing")),
                ("how_long", self._lacks_number() and bool(self.themes & _HOW_LONG)),
                ("how_much", self._lacks_number() and bool(self.themes & _HOW_MUCH)),
                where,
                ("better", self._lacks("suggestion")),
                ("consequence", self._lacks("consequence")),
            ]
        elif self.side >= CLEAR_SIDE:
            possible = [
                ("what_was_good", self._lacks("thing")),
                ("what_made_it_good", self._lacks("reason")),
                where,
                ("better_still", self._lacks("suggestion")),
            ]
        else:
            judges = bool(self.themes or self.said)
            possible = [
                ("good_or_bad", not judges),
                ("what_exactly", judges and self._lacks("thing")),
                where,
                ("better_still", self._lacks("suggestion")),
            ]
        return tuple(name for name, lacking in possible if lacking)[:MOST_LEFT_OUT]

    def _lacks(self, detail: str) -> bool:
        return self.likely[detail] < LEFT_OUT_BELOW

    def _lacks_number(self) -> bool:
        return self._lacks("amount") and not self.has_number
