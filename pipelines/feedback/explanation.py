"""Explains a session's result in words that a barista can say and a receipt can show.

Plain Python, no frames: the command `pilot why` and the receipt's page can both call it. The sentences never contain
points or thresholds: a guest who knew them would play to them. They never repeat the guest's words. What they say of an
answer comes from the reading of that answer (`pipelines/scoring/reasons.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pilot.business_days import local_time
from pilot.cafes import Language
from pilot.words import say, section

WORDS = "why"

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
        said: What the answer says, as keys of the words; empty if its words are gone.
        left_out: What would have helped and it does not say, likewise.
        signals: Signals within the session that block its score.
        raised: Signals between sessions.
    """

    reference: str
    score: int
    eligible: bool
    said: tuple[str, ...]
    left_out: tuple[str, ...]
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
        sentences += _of_answer(status, language=language)
    if outcome == "not_rewarded":  # A held reward still waits for a person's first review.
        sentences.append(say(WORDS, "again", language, reference=status.reference))
    return tuple(dict.fromkeys(sentences))


def _headline(status: SessionResult, *, outcome: Outcome, language: Language) -> str:
    until = status.held_until
    if outcome == "held" and until is not None:
        return say(WORDS, "outcome.held", language, day=spoken_day(until, language=language))
    return say(WORDS, f"outcome.{outcome}", language)


def _of_answer(status: SessionResult, *, language: Language) -> list[str]:
    sentences = [_listed("said", status.said, language=language)] if status.said else []
    if not status.eligible:
        if status.left_out:
            sentences.append(_listed("left_out", status.left_out, language=language))
        else:
            sentences.append(say(WORDS, "left_out.more", language))
    return sentences


def _listed(what: str, keys: Sequence[str], *, language: Language) -> str:
    """Return the sentence that lists what an answer says, or leaves out: "a, b and c"."""
    *others, last = [say(WORDS, f"{what}.{key}", language) for key in keys]
    things = f"{', '.join(others)} {say(WORDS, 'and', language)} {last}" if others else last
    return say(WORDS, f"{what}.all", language, things=things)


def spoken_day(moment: datetime, *, language: Language) -> str:
    """Return a moment's day in Stockholm in words: "30 november", "30 November"."""
    local = local_time(moment)
    return f"{local.day} {say(WORDS, f'month.{local.month}', language)}"
