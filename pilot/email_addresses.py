"""Finds written and spoken e-mail addresses in a text, in time proportional to its length.

Each sign for "at" is examined once: the domain after it first, then the name before it. Both are bounded, and what was
examined is not examined again.
"""

from __future__ import annotations

import re

LONGEST_NAME = 254
MOST_NAME_PARTS = 24  # spelled letters, or words with spoken dots between them

_OPEN, _SHUT = r"[(\[{<]", r"[)\]}>]"
_AT = re.compile(
    rf"\s?(?P<sign>{_OPEN}\s?(?:@|at|a|snabel[ -]?a)\s?{_SHUT}|@"
    r"|(?P<spoken>\b(?:snabb?el[ -]?a|alfa[ -]?krull|krull[ -]?a)\b))\s?"
    r"|(?P<word>[\s_-]at(?:\ssign)?[\s_-])",
    re.IGNORECASE,
)
_TOP_LEVEL = r"(?:com|se|nu|net|org|eu|io|no|dk|fi|de|(?:co|ac|org)(?:\s?\.\s?|\s(?:dot|punkt)\s|\s)?uk)"
_DOT_WORD = r"(?:punkt|dot|prick)"
# Never a letter, digit or hyphen at its beginning: a label before it has one end only.
_DOT = rf"(?:\.(?=\w)|\s\.\s?(?=\w)|\.\s(?=com\b)|\s?{_OPEN}\s?(?:\.|{_DOT_WORD})\s?{_SHUT}\s?|\s{_DOT_WORD}\s)"
# After a sign: a domain that ends in letters, or one word ("kalle@jobbet").
_AFTER_SIGN = re.compile(
    rf"[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{0,7}}{_DOT}[^\W\d][\w-]{{1,62}}"
    rf"|[^\W\d][\w-]{{1,62}}\s{_TOP_LEVEL}\b|(?P<one_word>[^\W\d][\w-]{{1,62}})",
    re.IGNORECASE,
)
# After the word "at", which is also a preposition: a domain with a known end, or with a dot that is said.
_AFTER_WORD = re.compile(
    rf"[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,40}}){{0,3}}{_DOT}{_TOP_LEVEL}\b"
    rf"|[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,40}}){{0,3}}\s{_DOT_WORD}\s(?!(?:the|an?|and|is|was|so|och)\b)[^\W\d_]{{2,40}}\b"
    rf"|[^\W_]{{1,40}}(?:-{_DOT_WORD}-[^\W_]{{1,40}}){{1,3}}\b",
    re.IGNORECASE,
)
_NAME_CHARACTERS = frozenset("_.+-")
_SPOKEN_JOINERS = frozenset(
    {"punkt", "dot", "prick", ".", "underscore", "understreck", "bindestreck", "streck", "dash", "minus", "plus", "-"}
)


def email_spans(shape: str) -> list[tuple[int, int]]:
    """Return start and end of each e-mail address in `shape`, in order."""
    spans: list[tuple[int, int]] = []
    position, floor = 0, 0
    while (at := _AT.search(shape, position)) is not None:
        end = _domain_end(shape, at)
        start = _name_start(shape, at.start(), floor) if end is not None else None
        if end is None or start is None:
            position = at.end("sign") if at.group("word") is None else at.end() - 1
            continue
        spans.append((start, end))
        position = floor = end
    return spans


def _domain_end(shape: str, at: re.Match[str]) -> int | None:
    """Return where the domain after a sign ends; None if no domain follows."""
    if at.group("word") is not None:
        domain = _AFTER_WORD.match(shape, at.end())
        return None if domain is None else domain.end()
    domain = _AFTER_SIGN.match(shape, at.end())
    if domain is None:
        return None
    joined = at.group("spoken") is not None or at.group() == "@"  # "kaffe @ disken" is no address
    return domain.end() if domain.group("one_word") is None or joined else None


def _name_start(shape: str, end: int, floor: int) -> int | None:
    """Return the start of the name that ends at `end`, spelled letters and spoken dots included, or None."""
    found = _word_before(shape, end, floor)
    if found is None:
        return None
    start = found
    for _ in range(MOST_NAME_PARTS):
        joiner = _part_before(shape, start, floor)
        if joiner is None:
            return start
        before, text = joiner
        spelled = len(text) == 1 and text.isalnum() and _is_spelled(shape, start)
        if spelled:
            start = before
            continue
        if text.strip("()[]{}<> ").casefold() not in _SPOKEN_JOINERS:
            return start
        found = _word_before(shape, before, floor)
        if found is None:
            return start
        start = found
    return start


def _is_spelled(shape: str, start: int) -> bool:
    """Return whether the part at `start` is one character followed by a space or the sign."""
    return start + 1 >= len(shape) or not shape[start + 1].isalnum()


def _part_before(shape: str, end: int, floor: int) -> tuple[int, str] | None:
    """Return the part of at most one bracketed word before `end`, which a space or a bracket separates."""
    at = end
    while at > floor and shape[at - 1].isspace() and end - at < 2:
        at -= 1
    if at > floor and shape[at - 1] in ")]}>":
        start = at - 1
        while start > floor and at - start < 12 and shape[start - 1] not in "([{<":
            start -= 1
        return (start - 1, shape[start - 1 : at]) if start > floor and shape[start - 1] in "([{<" else None
    if at == end:
        return None
    word = _word_before(shape, at, floor)
    return None if word is None else (word, shape[word:at])


def _word_before(shape: str, end: int, floor: int) -> int | None:
    """Return the start of the name's word that ends at `end`, after at most two spaces; None without one."""
    at = end
    while at > floor and shape[at - 1].isspace() and end - at < 2:
        at -= 1
    start = at
    while start > floor and at - start < LONGEST_NAME and _belongs(shape[start - 1]):
        start -= 1
    return start if start < at else None


def _belongs(character: str) -> bool:
    return character.isalnum() or character in _NAME_CHARACTERS
