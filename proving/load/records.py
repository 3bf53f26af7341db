"""What is written down of a load: turns, conversations, failures."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Turn:
    """One thing said and what became of it; moments are on the conversation's own clock, in milliseconds.

    Attributes:
        turn: The edge's number of the turn, 0 until it is answered.
        said: The utterance's name.
        text: The utterance's words.
        seconds: The utterance's length up to its last voiced sample.
        heard: The words as the edge heard them.
        last_voiced_ms: When the last voiced sample was captured; None while still speaking.
        answered_ms: When the first words of the answer came.
        end_error_ms: The edge's end of speech minus the true one.
        late_ms: How late the frame of the last voiced sample left: the guest's own fault, part of `response_ms`.
        cut_early: The answer came before the guest had finished.
        purpose: What the answer was.
        author: Who made it.
    """

    said: str
    text: str
    seconds: float
    turn: int = 0
    heard: str = ""
    last_voiced_ms: float | None = None
    answered_ms: float | None = None
    end_error_ms: float | None = None
    late_ms: float = 0.0
    cut_early: bool = False
    purpose: str = ""
    author: str = ""

    @property
    def response_ms(self) -> float | None:
        """Return first words minus last voiced sample; None where that was not measured."""
        if self.cut_early or self.answered_ms is None or self.last_voiced_ms is None:
            return None
        return self.answered_ms - self.last_voiced_ms


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that a guest would have suffered.

    Attributes:
        kind: busy, error, close, timeout, no_answer or refused.
        detail: The code or the step, never words.
    """

    kind: str
    detail: str


@dataclass(slots=True)
class Conversation:
    """One simulated guest's visit.

    Attributes:
        guest: Which of the guests.
        session_id: The session, empty where none was opened.
        turns: What was said, in order.
        failures: What went wrong.
        completed: Whether the feedback was sent.
        stopped: Whether it was still going on when the load's time was over: neither completed nor failed.
        prompted: Answers to silence: the guest thought longer than the edge waits.
        seconds: From the connection's opening to its end.
    """

    guest: int
    session_id: str = ""
    turns: list[Turn] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    completed: bool = False
    stopped: bool = False
    prompted: int = 0
    seconds: float = 0.0
