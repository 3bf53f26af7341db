"""The definite form of a dish in a question: "räkmackan", "the prawn sandwich"."""

from __future__ import annotations

from pilot.cafes import Language

_NEUTER = {"kaffe": "t", "bröd": "et", "fika": "t", "te": "et", "bakverk": "et", "kex": "et"}
_VOWELS = "aeiouyåäö"


def definite(name: str, language: Language) -> str:
    """Return the definite form of a dish.

    Swedish inflects the first word ("surdegsmackan med skagenröra") unless that is a genitive ("dagens soppa").
    """
    if language == "en":
        return f"the {name}"
    head, _, rest = name.partition(" ")
    if rest and head.endswith("s"):
        return name
    return f"{_swedish(head)} {rest}".rstrip()


def _swedish(word: str) -> str:
    for ending, article in _NEUTER.items():
        if word.endswith(ending) and not (ending == "te" and word.endswith("latte")):
            return word + article
    return word + ("n" if word[-1] in _VOWELS else "en")
