"""What was heard: the result of one recognition, and from which confidence on it may be scored."""

from __future__ import annotations

from dataclasses import dataclass

# Measured in docs/voice.md; `benchmarks/voice/recogniser.py` prints the table.
LOW_CONFIDENCE_QUALIFIED = 0.50
LOW_CONFIDENCE_UNQUALIFIED = 0.85


@dataclass(frozen=True, slots=True)
class Transcript:
    """One recognition.

    Attributes:
        text: The words; empty when `no_speech`.
        confidence: Mean probability of a token, 0 to 1 (the exponential of the mean log probability).
        low_confidence: Too unsure to be scored: the customer is asked again.
        no_speech: There was nothing to hear, or only what the model invents over silence.
        retried: The short encoder's text was implausible, so all 30 s were decoded.
        seconds: Time the recognition took, without its time in the queue.
        language: The language it was heard in.
    """

    text: str
    confidence: float
    low_confidence: bool
    no_speech: bool
    retried: bool
    seconds: float
    language: str


def too_unsure(confidence: float, *, qualified: bool) -> bool:
    """Tell whether `confidence` is too low to score; a language that is not qualified must be surer."""
    return confidence < (LOW_CONFIDENCE_QUALIFIED if qualified else LOW_CONFIDENCE_UNQUALIFIED)
