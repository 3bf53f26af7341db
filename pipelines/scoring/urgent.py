"""The flags of dangers that a session reports, for the café's manager."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from pipelines.language.labels import BEGINS, DANGERS
from pipelines.language.measures import Measures
from pipelines.scoring.layout import session_of_turn

# The flag of each danger's kind.
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
_KIND = slice(BEGINS[f"danger {DANGERS[0]}"], BEGINS[f"danger {DANGERS[0]}"] + len(DANGERS))


def urgent_flags(measures: Measures, *, danger_from: float) -> dict[int, set[str]]:
    """Return the flags of each session that reports a danger.

    Args:
        measures: The sessions.
        danger_from: The likelihood from which a turn reports a danger.
    """
    turns = measures.cut.turns.sessions
    found: dict[int, set[str]] = {}
    sessions = session_of_turn(measures.cut)
    for place in np.flatnonzero(measures.danger[turns] >= danger_from).tolist():
        kind = DANGERS[int(measures.values.turns[place, _KIND].argmax())]
        found.setdefault(int(sessions[place]), set()).add(URGENT[kind])
    return found
