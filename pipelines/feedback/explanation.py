"""Explains a session's result in words that a barista can say and a receipt can show.

Plain Python, no frames: the command `pilot why` and the receipt's page can both call it. The sentences never contain
points or thresholds: a guest who knew them would play to them. They never repeat the guest's words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pilot.business_days import local_time
from pilot.cafes import Language
from pilot.words import say, section

WORDS = "why"

# Subscores, 0-1: the minimum for praise, and the limit below which it counts as missing.
PRAISED_FROM: Mapping[str, float] = {"specificity": 0.6, "evidence": 0.5, "actionability": 0.3, "breadth": 0.95}
MISSED_BELOW: Mapping[str, float] = {"specificity": 0.5, "evidence": 0.3, "actionability": 0.15}

Outcome = Literal["rewarded", "held", "not_rewarded"]


@dataclass(frozen=True, slots=True)
class RaisedSignal:
    """A signal between sessions, from the table `session_signals`.

    Attributes:
        signal: Its name.
        severity: hold, cap or note.
        cap: The maximum that the score counts as.
        held_until: The deadline of the guest's answer.
    """

    signal: str
    severity: str
    cap: int | None = None
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SessionResult:
    """One completed session's result, without any words of the guest.

    Attributes:
        reference: The spoken reference.
        score: 0-100 by the rubric.
        eligible: Whether the score earns a reward, signals between sessions aside.
        subscores: Each 0-1, by name.
        signals: Signals within the session that block its score.
        raised: Signals between sessions.
    """

    reference: str
    score: int
    eligible: bool
    subscores: Mapping[str, float]
    signals: tuple[str, ...]
    raised: tuple[RaisedSignal, ...]

    @property
    def outcome(self) -> Outcome:
        """Return the guest's outcome; a cap takes precedence over a hold."""
        if not self.eligible or any(each.severity == "cap" for each in self.raised):
            return "not_rewarded"
        return "held" if self.held_until is not None else "rewarded"

    @property
    def held_until(self) -> datetime | None:
        """Return the deadline of the guest's answer; None if nothing holds the reward."""
        return max((each.held_until for each in self.raised if each.held_until is not None), default=None)


def explain(status: SessionResult, *, language: Language) -> tuple[str, ...]:
    """Return the sentences: the result, its reasons, and the guest's next step.

    Args:
        status: The session's result.
        language: The reader's or listener's.
    """
    outcome = status.outcome
    sentences = [_headline(status, outcome=outcome, language=language)]
    against = [*status.signals, *(each.signal for each in status.raised if each.severity != "note")]
    known = section(WORDS, language)
    for signal in dict.fromkeys(against):
        key = f"signal.{signal}" if f"signal.{signal}" in known else "signal.other"
        sentences.append(known[key])
    if not status.signals:
        sentences += _by_subscore(status, outcome=outcome, language=language)
    if outcome == "not_rewarded":  # A held reward still waits for a person's first review.
        sentences.append(say(WORDS, "again", language, reference=status.reference))
    return tuple(dict.fromkeys(sentences))


def _headline(status: SessionResult, *, outcome: Outcome, language: Language) -> str:
    until = status.held_until
    if outcome == "held" and until is not None:
        return say(WORDS, "outcome.held", language, day=spoken_day(until, language=language))
    return say(WORDS, f"outcome.{outcome}", language)


def _by_subscore(status: SessionResult, *, outcome: Outcome, language: Language) -> list[str]:
    found = status.subscores
    praised = [name for name, least in PRAISED_FROM.items() if found.get(name, 0.0) >= least]
    missed = [name for name, most in MISSED_BELOW.items() if found.get(name, 0.0) < most]
    said = [say(WORDS, f"praised.{name}", language) for name in praised]
    if not status.eligible:
        said += [say(WORDS, f"missed.{name}", language) for name in missed]
        if not missed:
            said.append(say(WORDS, "missed.more", language))
    return said


def spoken_day(moment: datetime, *, language: Language) -> str:
    """Return a moment's day in Stockholm in words: "30 november", "30 November"."""
    local = local_time(moment)
    return f"{local.day} {say(WORDS, f'month.{local.month}', language)}"
