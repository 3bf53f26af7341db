"""What a reward is decided by: the candidate, its standing in the store, and the judgement on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Outcome = Literal["eligible", "held", "declined"]
SlotState = Literal["rewarded", "beyond_trial", "unknown"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A completed and scored session that a decision is due on.

    Attributes:
        session_id: The session.
        day: Its business day.
        cafe: The café's id.
        simulated: Whether a simulator or a test client made it.
        consent: Whether the guest consented.
        score: Usefulness, 0-100.
        counted_score: What the score counts as after the signals' caps.
        clear: Whether nothing in what was said stands against the score.
        held_until: Until when a signal holds it, UTC; None where none does.
        reasons: The signals that hold or cap, sorted.
        device: Hash of a remembered device; None where the guest did not agree to it.
        rubric_version: The rubric that the score is by.
        scorer_version: The scorer.
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
    """What the store knows of a candidate within the deciding transaction.

    Attributes:
        slot: Whether its trial slot lies within the limit; unknown until the edge's log was projected.
        erased: Whether the guest had it erased.
        device_rewards: Rewards of the same device at this café on this day, held ones included.
        cafe_rewards: Rewards of the café on this day, held ones included.
    """

    slot: SlotState
    erased: bool
    device_rewards: int
    cafe_rewards: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a candidate gets: a reason for what is held or declined, an amount for what is eligible or held."""

    outcome: Outcome
    reason: str = ""
    amount_ore: int = 0
    held_until: datetime | None = None


Judge = Callable[[Candidate, CaseFacts], Judgement | None]
