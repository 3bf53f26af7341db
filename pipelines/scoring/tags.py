"""The meanings that the scorer distinguishes, one bit each."""

from __future__ import annotations

import numpy as np

THEMES = (
    "coffee",
    "food",
    "service",
    "queue",
    "cleanliness",
    "atmosphere",
    "noise",
    "seating",
    "price",
    "wifi",
    "toilets",
    "opening_hours",
    "payment",
    "accessibility",
    "other",
)
URGENT = ("urgent_allergy", "urgent_injury", "urgent_harassment", "urgent_safety")
NAMES = ("staff", "menu", "area")
TAGS = (
    *THEMES,
    *NAMES,
    *URGENT,
    *("item", "place", "person", "thing", "time", "unit", "money", "number", "detail"),
    *("problem", "praise", "negative", "positive", "generic", "generic_negative", "empty"),
    *("reason", "consequence", "comparison", "suggestion"),
    *("hedge", "negator", "lack", "scarce", "too", "contrast", "sarcasm", "retraction"),
    *("injection", "machinery", "stuffing", "insult", "artefact", "off_topic"),
    *("function", "prepositions", "first_person"),
)
BIT = {name: np.uint64(1 << place) for place, name in enumerate(TAGS)}
NONE = np.uint64(0)


def bits(*names: str) -> np.uint64:
    """Return the union of the bits of `names`."""
    found = NONE
    for name in names:
        found |= BIT[name]
    return found


THEME_BITS = bits(*THEMES)
