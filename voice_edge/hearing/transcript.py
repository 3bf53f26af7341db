"""The transcript of one recognition, and the confidence that it needs to be scored."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Measured in docs/voice.md; `benchmarks/voice/recogniser.py` prints the table.
LOW_CONFIDENCE_QUALIFIED = 0.50
LOW_CONFIDENCE_UNQUALIFIED = 0.85
LEAST_CONFIDENCE = 1e-6  # so that the logarithm is finite


@dataclass(frozen=True, slots=True)
class Transcript:
    """The result of one recognition.

    Attributes:
        text: The words; empty when `no_speech`.
        confidence: Mean probability of a token, 0 to 1 (the exponential of the mean log probability).
        low_confidence: Whether its confidence is too low to score; the customer is asked again.
        no_speech: Whether the audio has no speech, or only words that the model invented over silence.
        retried: Whether the short encoder's text was implausible, so that all 30 s were decoded.
        seconds: Duration of the recognition, without its time in the queue.
        language: The language of recognition.
    """

    text: str
    confidence: float
    low_confidence: bool
    no_speech: bool
    retried: bool
    seconds: float
    language: str


def too_unsure(confidence: float, *, qualified: bool) -> bool:
    """Return whether `confidence` is too low to score; an unqualified language needs a higher one."""
    return confidence < (LOW_CONFIDENCE_QUALIFIED if qualified else LOW_CONFIDENCE_UNQUALIFIED)


def joined(parts: Sequence[Transcript]) -> Transcript:
    """Return the transcript of audio that was recognised in parts, at least one.

    Its confidence is the mean over words, as if the parts had been one; it is low if at least half of the words are in
    parts of low confidence.
    """
    spoken = [part for part in parts if part.text]
    if len(parts) == 1 or not spoken:
        return parts[-1]
    words = [len(part.text.split()) for part in spoken]
    unsure = sum(count for count, part in zip(words, spoken, strict=True) if part.low_confidence)
    log_confidence = sum(
        count * math.log(max(part.confidence, LEAST_CONFIDENCE)) for count, part in zip(words, spoken, strict=True)
    )
    return Transcript(
        text=" ".join(part.text for part in spoken),
        confidence=math.exp(log_confidence / sum(words)),
        low_confidence=2 * unsure >= sum(words),
        no_speech=False,
        retried=any(part.retried for part in parts),
        seconds=parts[-1].seconds,
        language=parts[-1].language,
    )
