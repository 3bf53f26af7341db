"""The inputs and the result of a reward decision: candidate, facts and judgement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Outcome = Literal["eligible", "held", "declined"]
SlotState = Literal["rewarded", "beyond_trial", "unknown"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A completed and scored session without a decision.

    Attributes:
        session_id: The session.
        day: Its business day.
        cafe: The café's id.
        simulated: Whether a simulator or a test client made it.
        consent: Whether the guest consented.
        score: Usefulness, 0-100.
        counted_score: The score after the signals' caps.
        clear: Whether the answer is free of signals against the score.
        held_until: The end of the promised review, UTC; None if no signal holds it.
        reasons: The signals that hold or cap, sorted.
        device: Hash of a remembered device; None without the guest's consent.
        rubric_version: The rubric's version.
        scorer_version: The scorer's version.
    """

    session_id: str
    day: date
    cafe: str
    simulated: bool
    consent: bool
    score: int
    counted_score: int
    clear: bool
    held_until: datetime | None
    reasons: tuple[str, ...]
    device: str | None
    rubric_version: str
    scorer_version: str


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """The store's facts about a candidate, read in the deciding transaction.

    Attributes:
        slot: Whether its trial slot is within the limit; unknown until the edge's log is projected.
        erased: Whether the guest erased it.
        device_rewards: Rewards of the same device at this café on this day, held ones included.
        cafe_rewards: Rewards of the café on this day that were granted: eligible, or released by a person.
    """

    slot: SlotState
    erased: bool
    device_rewards: int
    cafe_rewards: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result: a reason if held or declined, an amount if eligible or held."""

    outcome: Outcome
    reason: str = ""
    amount_ore: int = 0
    held_until: datetime | None = None


DecisionRule = Callable[[Candidate, CaseFacts], Judgement | None]
