"""Classifies the end of a transcript: a finished sentence, or one that continues."""

from __future__ import annotations

import re
from enum import Enum, auto

# Words that end no sentence. A recogniser may put a full stop after them, so the word takes precedence over the
# punctuation.
_OPEN_WORDS = frozenset(
    # Swedish
    "och å men eller för att som när eftersom därför utan samt en ett min mitt vår vårt deras eh öh äh ehm öhm hmm"
    # English
    " and but or so because cause since which when if although though while the a an my your our their"
    " uh um uhm hm".split()
)
# Words that leave a sentence open unless punctuation closes it: "vi satt på ..." continues, "torkade av." may end.
_OPEN_UNLESS_CLOSED = frozenset(
    "fast om så därför alltså asså liksom typ ba det den dom de med på till från av i hos vid er ert jag vi man"
    " ni vad var"
    " that like with to from of in at by for we i it was is were".split()
)
_LONG_FILLER = re.compile(r"(?:e+h*m+|ö+h*m*|ä+h+|e+h+|u+h*m+|u+h+|h*m{2,})")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")  # "between 8 and 9." ends in a number, not in "and"


class Ending(Enum):
    """The kind of a transcript's end."""

    OPEN = auto()  # the sentence continues
    COMMA = auto()  # a clause has ended, the sentence perhaps not
    CLAUSE = auto()  # a sentence has ended
    PLAIN = auto()  # no indication


def ending_of(text: str) -> Ending:
    """Return how `text` ends."""
    stripped = text.rstrip(" \"'”’)")
    if stripped.endswith(("...", "…", "-", "–")):
        return Ending.OPEN
    words = _WORD.findall(stripped.casefold())
    last = words[-1] if words else ""
    closed = stripped.endswith((".", "!", "?"))
    if last in _OPEN_WORDS or _LONG_FILLER.fullmatch(last):
        return Ending.OPEN
    if last in _OPEN_UNLESS_CLOSED and not stripped.endswith(("!", "?")):
        return Ending.PLAIN if closed else Ending.OPEN
    if stripped.endswith((",", ":", ";")):
        return Ending.COMMA
    return Ending.CLAUSE if closed else Ending.PLAIN
