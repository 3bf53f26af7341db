"""Word errors: substitutions, insertions and deletions between a transcript and the spoken words."""

from __future__ import annotations

import re

# Transcripts write small numbers as digits or words; both are right.
_NUMBERS = dict(
    zip("0 1 2 3 4 5 6 7 8 9 10".split(), "zero one two three four five six seven eight nine ten".split(), strict=True)
)


def words(text: str) -> list[str]:
    """Return the words of a text, without case, punctuation and apostrophes, small numbers spelt out."""
    bare = re.sub(r"['’]", "", text.casefold())
    return [_NUMBERS.get(word, word) for word in re.findall(r"\w+", bare)]


def word_errors(said: str, heard: str) -> tuple[int, int]:
    """Return the edit distance in words, and the number of spoken words."""
    a, b = words(said), words(heard)
    row = list(range(len(b) + 1))
    for i, word in enumerate(a, start=1):
        before, row[0] = row[0], i
        for j, other in enumerate(b, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1], len(a)
