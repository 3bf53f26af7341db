"""The customer's words in one turn, their timing, and the conversation up to them."""

from __future__ import annotations

from dataclasses import dataclass

from voice_edge.conversation.live import Live
from voice_edge.interviewer import Conversation, Exchange
from voice_edge.protocol.frames import SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class SpeechTimes:
    """Times of a spoken turn's stages: edge's monotonic clock, seconds.

    Attributes:
        speech_end_page_ms: The end of speech on the page's clock, milliseconds.
        recognition_start: Recognition was requested.
        recognition_taken: A worker started it.
        recognition_end: It ended.
    """

    speech_end: float
    speech_end_page_ms: float
    commit: float
    soft_end: float | None = None
    recognition_start: float | None = None
    recognition_taken: float | None = None
    recognition_end: float | None = None

    def after(self, moment: float | None) -> float | None:
        """Return `moment` in milliseconds after the end of speech."""
        return None if moment is None else round((moment - self.speech_end) * 1000, 1)


@dataclass(frozen=True, slots=True)
class Utterance:
    """Spoken or typed words of the customer, redacted."""

    text: str
    revision: int = 1
    confidence: float | None = None
    low_confidence: bool = False
    speech_samples: int = 0
    discarded: int = 0
    times: SpeechTimes | None = None


def conversation_so_far(live: Live, *, latest: str | None = None) -> Conversation:
    """Return the conversation so far, with `latest` as the answer to the open question."""
    state = live.state
    exchanges = [Exchange(question=turn.question, answer=turn.text) for turn in state.turns if turn.counts]
    if latest is not None:
        exchanges.append(Exchange(question=state.question, answer=latest))
    spent = state.speech_samples >= live.edge.limits.speech_seconds * SAMPLE_RATE
    full = state.next_turn >= live.edge.limits.turns
    return Conversation(
        cafe=live.cafe,
        language=state.language,
        exchanges=tuple(exchanges),
        follow_ups_asked=live.edge.limits.follow_ups if spent or full else state.follow_ups,
    )
