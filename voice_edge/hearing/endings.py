"""Classifies the end of a transcript: a finished sentence, or one that continues."""

from __future__ import annotations

import re
from enum import Enum, auto

# Words that end no sentence. A recogniser may put a full stop after them, so the word takes precedence over the
# punctuation.
_OPEN_WORDS = frozenset(
    # Swedish
    "och å men eller för att som när eftersom därför utan samt en ett min mitt vår vårt deras eh öh äh ehm öhm hmm"
    " medan ifall fastän huruvida både antingen varken dels vilket sin sitt sina varje"
    # English
    " and but or so because cause since which when if although though while the a an my your our their"
    " uh um uhm hm unless until whether either neither every".split()
)
# Words that leave a sentence open unless punctuation closes it: "vi satt på ..." continues, "torkade av." may end.
_OPEN_UNLESS_CLOSED = frozenset(
    # Swedish: conjunctions and pronouns, prepositions, determiners, verbs that need a complement, degrees
    "fast om så därför alltså asså liksom typ ba det den dom de er ert jag vi man ni vad än plus"
    " med på till från av i hos vid under över mellan mot genom efter före innan kring runt bakom framför bredvid inom"
    " åt ur enligt trots förutom per"
    " mina våra någon något några ingen inget inga denna detta dessa hans hennes"
    " är var blir blev har hade ska skulle kan kunde vill ville vilja måste borde bör får fick ha tycker tyckte känns"
    " kändes verkar verkade"
    " väldigt ganska extremt alldeles ungefär cirka"
    # English
    " that like with to from of in at by for we i than as into onto under over between during before after without"
    " through about such per plus"
    " some any his her its"
    " it is are was were am be been has have had will would could should can must"
    " very quite".split()
)
_EXAMPLE = re.compile(r"\b(?:till exempel|t\.? ?ex|for example|for instance|e\.g)\.?$")
_SHORT_EXAMPLES = ("t.ex.", "t. ex.", "e.g.")  # their full stop closes nothing
# A number after one of these words needs its unit: "det tog tio", "it cost about forty-five".
_BEFORE_A_QUANTITY = (
    r"tog|tagit|tar|väntade|väntat|dröjde|dröjt|stod|satt|kostade|kostar|betalade|betalat|ungefär|cirka|nästan|minst|"
    r"högst|drygt|knappt|bara|över|i|took|takes|waited|cost|costs|paid|about|almost|nearly|least|over|only|for"
)
_NUMBER = (
    r"\d+|(?:tjugo|trettio?|fyrtio?|femtio?|sextio?|sjuttio?|åttio?|nittio?)?(?:en|ett|två|tre|fyra|fem|sex|sju|åtta|nio)|"
    r"tio|elva|tolv|tretton|fjorton|femton|sexton|sjutton|arton|nitton|tjugo|tretti|trettio|fyrti|fyrtio|femti|femtio|"
    r"sexti|sextio|sjutti|sjuttio|åtti|åttio|nitti|nittio|hundra|"
    r"(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)[ -])?(?:two|three|four|five|six|seven|eight|nine)|"
    r"ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|"
    r"twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred"
)
_QUANTITY = re.compile(rf"\b(?:{_BEFORE_A_QUANTITY}) (?:{_NUMBER})$")
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
    folded = stripped.casefold()
    if _EXAMPLE.search(folded):
        return Ending.PLAIN if closed and not folded.endswith(_SHORT_EXAMPLES) else Ending.OPEN
    if (last in _OPEN_UNLESS_CLOSED or _QUANTITY.search(folded)) and not stripped.endswith(("!", "?")):
        return Ending.PLAIN if closed else Ending.OPEN
    if stripped.endswith((",", ":", ";")):
        return Ending.COMMA
    return Ending.CLAUSE if closed else Ending.PLAIN
