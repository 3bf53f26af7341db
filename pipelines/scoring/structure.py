"""Signals of the form of a session's words: silence, repetition and a menu read aloud."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.scoring.names import CafeNames

HESITATION = frozenset("eh öh äh ehm öhm m hm mhm um uh uhm er".split())  # each letter once: "hmm" is "hm"
REPEATED_WINDOW_WORDS = 50  # variety falls with length, so it is measured by window
REPEATED_SHARE = 0.4  # a lower share of distinct words is repetition
LEAST_REPEATED = 6  # fewer words are too few to tell
LEAST_LISTED = 8  # fewer words are no list
MENU_SHARE = 0.5  # share of a list's words that name the café's dishes, areas or staff
GLUE_SHARE = 0.15  # a lower share of short words is a list: no language speaks without them
MOST_LETTERS_OF_GLUE = 3  # "och", "var", "the"

_TWICE = re.compile(r"(.)\1+")


def is_silence(words: Sequence[str]) -> bool:
    """Return whether nothing was said but sounds of hesitation."""
    return all(_TWICE.sub(r"\1", word) in HESITATION for word in words)


def is_repetition(words: Sequence[str]) -> bool:
    """Return whether few words of the whole windows are distinct; a last, shorter window does not count."""
    if len(words) < LEAST_REPEATED:
        return False
    whole = max(len(words) // REPEATED_WINDOW_WORDS, 1) * REPEATED_WINDOW_WORDS
    counted = words[:whole]
    distinct = sum(
        len(set(counted[begin : begin + REPEATED_WINDOW_WORDS]))
        for begin in range(0, len(counted), REPEATED_WINDOW_WORDS)
    )
    return distinct < REPEATED_SHARE * len(counted)


def is_menu(words: Sequence[str], names: CafeNames) -> bool:
    """Return whether the words list the café's own names."""
    if len(words) < LEAST_LISTED:
        return False
    short = [word for word in words if len(word) <= MOST_LETTERS_OF_GLUE]
    most = GLUE_SHARE * len(words)
    if len(short) - sum(map(names.parts.__contains__, short)) >= most:
        return False
    return sum(map(names.is_name, words)) >= MENU_SHARE * len(words)
