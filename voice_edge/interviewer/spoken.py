"""A guest's words in plain form, and the language that they are in."""

from __future__ import annotations

import re

from pilot.cafes import Language

OTHER_LANGUAGE_WORDS = 2  # from this many words that exist only in the other language on, the guest speaks it

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_ONLY: dict[Language, frozenset[str]] = {
    "sv": frozenset(
        "och att det är var jag vi inte på en ett som med för till hos mig oss ni era ert er han hon hade har blev"
        " fick men så bara mycket lite väldigt jätte när där här vid från kan ska skulle finns inget ingen vet"
        " nej ja tack bra dålig gott god kaffet kön å va nåt nån asså alltså mig dig sig min mitt mina".split()
    ),
    "en": frozenset(
        "the and it was were is are i we you they she he my your our not with this that there had have has been"
        " but very really just what when where from would could should can don't didn't wasn't isn't it's i'm"
        " yes thanks good bad great nice of a an to at on some any no nothing know your".split()
    )
    - {"a"},
}


def plain(text: str) -> str:
    """Return the words of `text` in lower case, each between spaces."""
    return f" {' '.join(word.replace('’', chr(39)) for word in _WORD.findall(text.casefold()))} "


def foreign_words(text: str, language: Language) -> tuple[int, int]:
    """Return the numbers of words that exist only in `language` and only in the other one."""
    other: Language = "en" if language == "sv" else "sv"
    words = plain(text).split()
    ours = sum(word in _ONLY[language] and word not in _ONLY[other] for word in words)
    theirs = sum(word in _ONLY[other] and word not in _ONLY[language] for word in words)
    return ours, theirs


def spoken_language(answer: str, *, expected: Language) -> Language:
    """Return the language of an answer: `expected` unless most of its words are the other one's."""
    ours, theirs = foreign_words(answer, expected)
    if theirs >= OTHER_LANGUAGE_WORDS and theirs > 2 * ours:
        return "en" if expected == "sv" else "sv"
    return expected
