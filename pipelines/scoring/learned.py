"""What the language model adds to a score: its points, themes, quotes, flags and one signal."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from pipelines.language.labels import KINDS
from pipelines.language.measures import UNUSABLE_FROM
from pipelines.language.reader import measurer, readings
from pipelines.language.reading import Reading
from pipelines.scoring.marks import Flags

# The flag of each danger's kind, for the café's manager.
URGENT: Mapping[str, str] = MappingProxyType(
    {
        "allergy": "urgent_allergy",
        "breathing": "urgent_injury",
        "injury": "urgent_injury",
        "burn": "urgent_injury",
        "collapse": "urgent_injury",
        "illness": "urgent_injury",
        "harassment": "urgent_harassment",
        "violence": "urgent_safety",
        "foreign_object": "urgent_safety",
        "theft": "urgent_safety",
        "child_missing": "urgent_safety",
        "fire_or_gas": "urgent_safety",
        "electricity": "urgent_safety",
    }
)
# The signal of each kind of session that is of no use.
SIGNAL_OF_KIND: Mapping[str, str] = MappingProxyType(
    {
        "injection": "injection",
        "gibberish": "gibberish",
        "stuffing": "stuffing",
        "offtopic": "off_topic",
        "silent": "gibberish",
    }
)
SEEN_BY_BOTH = ("stuffing", "menu_read")  # the word lists' signals that count only with the model's agreement
AGREES_FROM = 0.2


def read_sessions(sessions: Sequence[Sequence[str]]) -> tuple[list[Reading], NDArray[np.float32]]:
    """Return readings, with positions in the composed form, and how likely each session is of no use."""
    composed = [[unicodedata.normalize("NFC", turn) for turn in turns] for turns in sessions]
    measures = measurer().measure(composed)
    return readings(measures, danger_from=measurer().model.danger_from), measures.unusable


def agreed(raised: Mapping[str, Flags], read: Sequence[Reading], unusable: NDArray[np.float32]) -> dict[str, Flags]:
    """Return the signals with the model's: some need its agreement, and it raises one of its own."""
    found = {
        name: flags & (unusable >= AGREES_FROM) if name in SEEN_BY_BOTH else flags.copy()
        for name, flags in raised.items()
    }
    marked = np.any(list(found.values()), axis=0)
    for session in np.flatnonzero((unusable >= UNUSABLE_FROM) & ~marked).tolist():
        found[_signal(read[session])][session] = True
    return found


def urgent(reading: Reading) -> set[str]:
    """Return the flags of the dangers that a session reports."""
    return {URGENT[turn.danger.kind] for turn in reading.turns if turn.danger is not None}


def _signal(reading: Reading) -> str:
    kinds = [kind for kind in KINDS if kind in SIGNAL_OF_KIND]
    return SIGNAL_OF_KIND[max(kinds, key=lambda kind: reading.kinds.get(kind, 0.0))]
