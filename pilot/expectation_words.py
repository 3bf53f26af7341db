"""Maps the codes of expectations to English sentences."""

from __future__ import annotations

from pilot.words import section

SECTION = "expectations"


def expectation_sentence(expectation: str) -> str:
    """Return the sentence of an expectation's code, or the text itself if it is not a known code.

    Verdicts of earlier versions contain the sentence itself.
    """
    code, *arguments = expectation.split(":")
    words = section(SECTION, "en").get(code)
    return expectation if words is None else words.format(*(each.replace(",", ", ") for each in arguments))
