"""The rules for turns: which count as feedback, and which response times are plausible."""

from __future__ import annotations

LONGEST_RESPONSE_MS = 600_000.0  # A longer time belongs to another page's clock.
CLOCKS_APART_MS = 250.0  # The page's capture times are late by its device's latency, some tens of milliseconds.


def counts_as_feedback(text: str, *, low_confidence: bool, edited: bool = False) -> bool:
    """Return whether a turn counts as feedback: it has words, recognised with confidence or edited.

    Args:
        text: The turn's words: the customer's edit if there is one, else the transcript. An edit to nothing strikes
            the turn.
        low_confidence: Whether the recogniser was too unsure of the transcript to score it.
        edited: Whether the customer edited, and so confirmed, the words.
    """
    return bool(text.strip()) and (edited or not low_confidence)


def plausible_response_ms(claimed_ms: float | None, *, sent_ms: float | None) -> float | None:
    """Return a claimed response time, never before the edge sent the answer; None if it cannot be true.

    Args:
        claimed_ms: From the end of speech to the first words shown, by the page's clock.
        sent_ms: From the end of speech to the answer leaving the edge, by the edge's clock; None if unknown.
    """
    if claimed_ms is None or not 0 <= claimed_ms <= LONGEST_RESPONSE_MS:
        return None
    if sent_ms is None:
        return claimed_ms
    return None if claimed_ms < sent_ms - CLOCKS_APART_MS else max(claimed_ms, sent_ms)
