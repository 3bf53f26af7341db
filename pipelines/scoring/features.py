"""Features: counts of distinct details near claims, which make a session's feedback useful.

Nothing is counted twice, and only statements about the café count: a detail is weighted by its nearness to a claim, and
a claim by its nearness to something of the café's. Counts are whole numbers of quarters, so that a session has the same
sums alone and among a million others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.scoring.marks import Flags, Marks
from pipelines.scoring.nearness import distinct, nearest
from pipelines.scoring.tags import NONE, THEME_BITS
from pipelines.scoring.themes import Claims
from pipelines.scoring.token_stream import TokenStream
from pipelines.scoring.vocabulary import Ints

NEAR_WORDS = 10  # full weight
AROUND_WORDS = 24  # half weight
CONCRETE_WORDS = 7  # a suggestion within this distance of a thing, place, time or amount is about it
WHOLE, HALF = 4, 2  # weights in quarters

FOCUS = "focus"
FEATURES = (
    "claims",
    "items",
    "places",
    "people",
    "times",
    "amounts",
    "numbers",
    "details",
    "reasons",
    "consequences",
    "comparisons",
    "suggestions",
    "themes",
    "strong_themes",
    "generic",
    "words",
)


@dataclass(frozen=True, slots=True)
class Features:
    """The counts of some sessions.

    Attributes:
        counts: By feature and session, in quarters.
        earning: For each feature, the weight of each mark that counts (quarters).
        focus: Share of specific claims, as opposed to "nice" or "so-so"; 0-1.
    """

    counts: dict[str, Ints]
    earning: dict[str, Ints]
    focus: NDArray[np.float64]


def features(marks: Marks, stream: TokenStream, *, claimed: Claims) -> Features:
    """Count the features of every session."""
    size = stream.sessions
    anchors = ((marks.bits & THEME_BITS) != NONE) | marks.has("item", "menu", "staff", "area", "thing")
    by_anchor = _weight(nearest(marks.place, targets=anchors, themselves=False))
    own = anchors & ((marks.bits & THEME_BITS) != NONE)  # "kladdigt" both names and judges a thing
    judged = marks.good | marks.bad
    claim_weight = np.where(judged, np.where(own, WHOLE, by_anchor), 0)
    acts = marks.has("consequence")
    concrete = marks.has("item", "menu", "staff", "area", "thing", "place", "time", "unit", "number", "detail")
    beside = nearest(marks.place, targets=concrete, themselves=False) <= CONCRETE_WORDS
    suggested = marks.has("suggestion") & beside
    compares = marks.has("comparison")
    core = (claim_weight > 0) | ((acts | suggested | compares | marks.has("detail")) & (by_anchor > 0))
    by_claim = _weight(nearest(marks.place, targets=core))
    by_other_claim = _weight(nearest(marks.place, targets=core, themselves=False))
    kinds: dict[str, tuple[Flags, Ints]] = {
        "claims": (judged, claim_weight),
        "items": (anchors, by_claim),
        "places": (marks.has("place", "area"), by_claim),
        "people": (marks.has("person", "staff"), by_claim),
        "times": (marks.has("time"), by_claim),
        "amounts": (marks.has("unit"), by_claim),
        "numbers": (marks.has("number"), by_claim),
        "details": (marks.has("detail"), np.where(own, WHOLE, by_anchor)),
        "reasons": (marks.has("reason"), by_other_claim),
        "consequences": (acts, by_anchor),
        "comparisons": (marks.has("comparison"), by_other_claim),
        "suggestions": (suggested, by_anchor),
        "generic": (marks.fine | marks.poor, np.full(len(marks.token), WHOLE)),
        "words": (~marks.has("function", "hedge", "generic", "generic_negative", "empty"), by_claim),
    }
    earning = {name: np.where(flags, weight, 0) for name, (flags, weight) in kinds.items()}
    counts = {
        name: distinct(marks.session, marks.counted_as, weight, sessions=size) for name, weight in earning.items()
    }
    any_claim = (claimed.good + claimed.bad) > 0
    counts["themes"] = any_claim.sum(axis=1).astype(np.int64) * WHOLE
    counts["strong_themes"] = claimed.strong.sum(axis=1).astype(np.int64) * WHOLE
    particular = counts["claims"] + counts["consequences"] + counts["suggestions"] + counts["amounts"]
    focus = particular / np.maximum(1, particular + counts["generic"])
    return Features(counts, earning, focus)


def _weight(distance: Ints) -> Ints:
    return np.where(distance <= NEAR_WORDS, WHOLE, np.where(distance <= AROUND_WORDS, HALF, 0))
