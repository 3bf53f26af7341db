"""Expectations' sentences: what a code of the quality suites requires, in English."""

from __future__ import annotations

from pilot.words import section

SECTION = "expectations"


def expectation_sentence(expectation: str) -> str:
    """Return the sentence of an expectation's code; a text without a known code is returned as it is.

    Verdicts that an earlier version wrote hold the sentence itself.
    """
    code, *arguments = expectation.split(":")
    words = section(SECTION, "en").get(code)
    return expectation if words is None else words.format(*(each.replace(",", ", ") for each in arguments))
