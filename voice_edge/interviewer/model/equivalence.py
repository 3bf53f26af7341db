"""Equivalence of transcripts: a reply to one may be used for the other."""

from __future__ import annotations

import re

# Sounds of hesitation. "Mm" and "ja" are answers, not fillers.
_FILLERS = frozenset({"eh", "ehm", "äh", "öh", "öhm", "hm", "hmm", "uh", "uhm", "um", "er", "erm"})
_WORD = re.compile(r"[^\W_]+")


def equivalent(one: str, other: str) -> bool:
    """Return whether two transcripts have the same words, ignoring case, punctuation and fillers."""
    return _words(one) == _words(other)


def _words(text: str) -> list[str]:
    said = _WORD.findall(text.casefold())
    # If a guest only hesitates, every sound counts: "eh" is not silence.
    return [word for word in said if word not in _FILLERS] or said
