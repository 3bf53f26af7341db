"""Words that name a danger outright: with them a turn needs less likelihood to be reported.

A model of few examples cannot know every plain word. The list is short on purpose: a word that cafés also use
harmlessly ("kniv", "bränd", "glas") is not in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LIKELY_FROM = 0.25  # with such a word

_PLAIN = (
    # breath and allergy
    r"allergi\w* reaktion|allergic reaction|anafyla\w*|anaphyla\w*|epipen\w*|adrenalinpenn\w*|"
    r"(?:kan|kunde) (?:inte|knappt|int) andas|får (?:ingen|inte) luft|fick ingen luft|andnöd|kvävs|kvävdes|"
    r"can'?t breathe|cannot breathe|couldn'?t breathe|chok(?:ing|ed) on|"
    # injury, collapse, illness
    r"blöder|blödde|bleeding|svimma\w*|fainted|passed out|unconscious|medvetslös\w*|seizure|krampanfall|hjärtstopp|"
    r"heart attack|hjärtinfarkt|matförgift\w*|food poisoning|halka\w* och (?:slog|bröt|ramla)\w*|"
    # violence and harassment
    r"hota(?:de|r|t|des)?|hotfull\w*|threaten\w*|misshandl\w*|slagsmål\w*|tafsa\w*|ofreda\w*|sexuella trakasserier|"
    r"groped?|punched|assault\w*|"
    # hazards
    r"gaslukt|(?:luktar?|luktade|som) gas|(?:like|smells? of|smell of) gas|"
    r"gasläcka|gas leak|glassplitter|glasskärv\w*|shards? of glass|broken glass in|eldsvåda|on fire in"
)
_PATTERN = re.compile(rf"\b(?:{_PLAIN})\b", re.IGNORECASE)


def names_danger(turns: Sequence[str]) -> NDArray[np.bool_]:
    """Return whether each turn has a word that names a danger."""
    return np.array([_PATTERN.search(turn) is not None for turn in turns], dtype=np.bool_)
