"""Normalises a text, and returns its shape: the same characters without typographic variants.

Numbers and addresses are found in the shape and masked in the text at the same positions. A guest's keyboard, a
recogniser or a person who hides a number may write "070‑123·45 67" with a non-breaking hyphen and a middle dot.
"""

from __future__ import annotations

import re
import unicodedata

from pilot.composed import composed

_DASHES = "\u02d7\u058a\u1806\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d"
_DOTS = "\u00b7\u2022\u2023\u2027\u2219\u22c5\u25aa\u25cf\u25e6\u30fb\uff65"
MIDDLE_DOT = "\u00b7"
# Soft hyphen, zero-width spaces and marks of direction: never visible, and never part of a word.
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\ufeff]+")
_JOINERS = re.compile("[\u200c\u200d]+")  # They also hold an emoji together, and stay there.
_MARKS_ON_DIGIT = re.compile("(?<=\\d)[\u0300-\u036f\u20d0-\u20f0\ufe00-\ufe0f]+")


class _Shapes(dict[int, str]):
    """The shape of each character; only characters that differ from their shape are stored."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        plain = unicodedata.normalize("NFKC", character)
        digit = unicodedata.digit(character, None)
        shape = str(digit) if digit is not None else plain
        if len(shape) != 1 or shape == character:
            return character
        self[code] = shape
        return shape


_SHAPES = _Shapes({code: chr(code) for code in range(0x250)})
_SHAPES.update(dict.fromkeys(map(ord, _DASHES), "-"))
_SHAPES.update(dict.fromkeys(map(ord, _DOTS), MIDDLE_DOT))
_SHAPES[0xA0] = " "


def clean(text: str) -> str:
    """Return `text` in composed Unicode (NFC), without invisible characters in words and numbers."""
    if text.isascii():
        return text
    text = _INVISIBLE.sub("", composed(text))
    text = _JOINERS.sub(_kept_joiners, text)
    return composed(_MARKS_ON_DIGIT.sub("", text))


def shape(text: str) -> str:
    """Return `text` with each character replaced by its plain form; the length is the same."""
    return text if text.isascii() else text.translate(_SHAPES)


def _kept_joiners(found: re.Match[str]) -> str:
    around = found.string[max(0, found.start() - 1) : found.start()] + found.string[found.end() : found.end() + 1]
    return "" if any(character.isalnum() for character in around) else found.group()
