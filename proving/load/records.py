"""The records of a load: turns, conversations, failures."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Turn:
    """One utterance and its answer; times are milliseconds on the conversation's own clock.

    Attributes:
        turn: The edge's number of the turn, 0 until it is answered.
        said: The utterance's name.
        text: The utterance's words.
        seconds: The utterance's length up to its last voiced sample.
        heard: The edge's transcript.
        last_voiced_ms: When the last voiced sample was captured; None while still speaking.
        answered_ms: When the first words of the answer arrived.
        end_error_ms: The edge's end of speech minus the true one.
        late_ms: The generator's delay of the last voiced frame, which is part of `response_ms`.
        cut_early: Whether the answer came before the end of speech.
        purpose: The answer's purpose.
        author: The answer's author.
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
        """Return first words minus last voiced sample; None if not measured."""
        if self.cut_early or self.answered_ms is None or self.last_voiced_ms is None:
            return None
        return self.answered_ms - self.last_voiced_ms


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure that a guest would have noticed.

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
        guest: The guest's number.
        session_id: The session; empty if none was opened.
        turns: The turns, in order.
        failures: The failures.
        completed: Whether the feedback was sent.
        stopped: Whether the load ended during the conversation, which is then neither completed nor failed.
        prompted: The number of prompts after silence: the guest paused longer than the edge waits.
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
