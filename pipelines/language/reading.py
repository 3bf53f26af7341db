"""What one session's turns say: clauses, claims, details, act, danger and usefulness.

Scorer, explanation, alerts and interviewer all use this reading. Positions are characters of a turn's text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Act = Literal[
    "praise",
    "complaint",
    "mixed",
    "suggestion",
    "neutral_report",
    "question",
    "asks_if_ai",
    "emergency",
    "nothing_to_say",
    "refuses",
    "off_topic",
    "joke",
    "abuse",
    "small_talk",
]
Detail = Literal["thing", "place", "time", "person", "amount", "reason", "consequence", "comparison", "suggestion"]
Polarity = Literal["positive", "negative", "mixed"]
When = Literal["now", "earlier"]


@dataclass(frozen=True, slots=True)
class Danger:
    """A danger that a turn reports.

    Attributes:
        kind: allergy, breathing, injury, burn, fire_or_gas, electricity, foreign_object, violence, harassment,
            child_missing, theft, collapse or illness.
        when: Whether it happens now or has happened.
        who: guest, companion, staff or other.
        likelihood: 0-1.
    """

    kind: str
    when: When
    who: str
    likelihood: float


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement about a theme, and its words."""

    theme: str
    polarity: Polarity
    turn: int
    start: int
    end: int
    strength: float


@dataclass(frozen=True, slots=True)
class ClauseReading:
    """One clause.

    Attributes:
        turn: The index of its turn.
        start: Its first character.
        end: One past its last.
        usefulness: 0-1: how much it adds to what a manager can use.
        praise: 0-1: how likely it praises.
        blame: 0-1: how likely it finds fault.
        details: The kinds of detail that it gives.
    """

    turn: int
    start: int
    end: int
    usefulness: float
    praise: float
    blame: float
    details: frozenset[Detail]


@dataclass(frozen=True, slots=True)
class TurnReading:
    """One turn.

    Attributes:
        act: What the guest does with it.
        acts: The likelihood of each act, 0-1; they sum to 1.
        praise: 0-1: how likely some of it praises.
        blame: 0-1: how likely some of it finds fault.
        details: The kinds of detail that it gives.
        danger: The danger that it reports; None for none.
    """

    act: Act
    acts: Mapping[Act, float]
    praise: float
    blame: float
    details: frozenset[Detail]
    danger: Danger | None


@dataclass(frozen=True, slots=True)
class Reading:
    """One session.

    Attributes:
        turns: By turn.
        clauses: All clauses, in order.
        claims: All claims, in order.
        quality: 0-100: its usefulness by the rubric, before caps.
        kinds: The likelihood of each kind (genuine, generic, gibberish, offtopic, injection, stuffing, abusive,
            rambling, contradictory, silent), 0-1.
    """

    turns: tuple[TurnReading, ...]
    clauses: tuple[ClauseReading, ...]
    claims: tuple[Claim, ...]
    quality: float
    kinds: Mapping[str, float]

    @property
    def themes(self) -> dict[str, Polarity]:
        """Return the polarity of each claimed theme, mixed if its claims differ."""
        found: dict[str, Polarity] = {}
        for claim in self.claims:
            said = found.get(claim.theme, claim.polarity)
            found[claim.theme] = claim.polarity if said == claim.polarity else "mixed"
        return found

    @property
    def details(self) -> frozenset[Detail]:
        """Return the kinds of detail of all turns."""
        return frozenset(detail for turn in self.turns for detail in turn.details)
