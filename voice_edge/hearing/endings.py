"""How a transcript ends: whether the customer seems to have finished a sentence, or to be looking for the next word."""

from __future__ import annotations

import re
from enum import Enum, auto

# Words that end no sentence. A recogniser puts a full stop after them all the same, so the word decides before the
# punctuation does.
_OPEN_WORDS = frozenset(
    # Swedish
    "och å men eller för att som när eftersom därför utan samt en ett min mitt vår vårt deras eh öh äh ehm öhm hmm"
    # English
    " and but or so because cause since which when if although though while the a an my your our their"
    " uh um uhm hm".split()
)
# Words that leave a sentence open where nothing closes it: "vi satt på ..." goes on, "torkade av." may be all.
_OPEN_UNLESS_CLOSED = frozenset(
    "fast om så därför alltså asså liksom typ ba det den dom de med på till från av i hos vid er ert jag vi man"
    " ni vad var"
    " that like with to from of in at by for we i it was is were".split()
)
_LONG_FILLER = re.compile(r"(?:e+h*m+|ö+h*m*|ä+h+|e+h+|u+h*m+|u+h+|h*m{2,})")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")  # "between 8 and 9." ends in a number, not in "and"


class Ending(Enum):
    """What the end of a transcript promises."""

    OPEN = auto()  # more is coming
    COMMA = auto()  # a clause is over, the sentence may not be
    CLAUSE = auto()  # a sentence is over
    PLAIN = auto()  # nothing to tell by


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
