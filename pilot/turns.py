"""The rule for turns that count as feedback."""

from __future__ import annotations


def counts_as_feedback(text: str, *, low_confidence: bool, edited: bool = False) -> bool:
    """Return whether a turn counts as feedback: it has words, recognised with confidence or edited.

    Args:
        text: The turn's words: the customer's edit if there is one, else the transcript. An edit to nothing strikes
            the turn.
        low_confidence: Whether the recogniser was too unsure of the transcript to score it.
        edited: Whether the customer edited, and so confirmed, the words.
    """
    return bool(text.strip()) and (edited or not low_confidence)
