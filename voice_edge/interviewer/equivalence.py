"""Whether two transcripts say the same, so that a reply begun on one may answer the other."""

from __future__ import annotations

import re

# Sounds of hesitation. "Mm" and "ja" are answers, so they are no fillers.
_FILLERS = frozenset({"eh", "ehm", "äh", "öh", "öhm", "hm", "hmm", "uh", "uhm", "um", "er", "erm"})
_WORD = re.compile(r"[^\W_]+")


def equivalent(one: str, other: str) -> bool:
    """Tell whether two transcripts hold the same words, whatever their case, punctuation and hesitations."""
    return _words(one) == _words(other)


def _words(text: str) -> list[str]:
    said = _WORD.findall(text.casefold())
    # Of a guest who only hesitates every sound counts: "eh" is not silence.
    return [word for word in said if word not in _FILLERS] or said
