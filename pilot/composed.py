"""Composed text: Unicode's NFC, the one form of letters behind every door of the product.

Telephones and Macs may send "å" as a letter and a ring; patterns, names and words would miss it.
"""

from __future__ import annotations

import re
import unicodedata

# Unicode's own limit for streams (UAX 15). NFC sorts the marks of a letter, which takes the square of their number.
MOST_MARKS = 30
# Every mark is at or above U+0300: languages of Latin letters seldom have a run of such characters.
_PERHAPS_MARKS = re.compile(f"[^\\x00-\\u02ff]{{{MOST_MARKS + 1},}}")
_MARKS_UNCLASSED = frozenset("\u0f73\u0f75\u0f81")  # Class 0, yet each decomposes into two marks.


def composed(text: str) -> str:
    """Return a text with each letter and its marks, at most 30, as one character."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _PERHAPS_MARKS.sub(_few_marks, text))


def _few_marks(found: re.Match[str]) -> str:
    kept, marks = [], 0
    for sign in found.group():
        marks = marks + 1 if unicodedata.combining(sign) or sign in _MARKS_UNCLASSED else 0
        if marks <= MOST_MARKS:
            kept.append(sign)
    return "".join(kept)
