"""From clauses and turns to the sessions that they belong to."""

from __future__ import annotations

import numpy as np

from pipelines.language.cut import Cut
from pipelines.language.heads import Floats
from pipelines.language.tokens import Ints


def session_of_clause(cut: Cut) -> Ints:
    """Return each clause's session among all."""
    sessions: Ints = cut.sessions.sessions[cut.sessions.session]
    return sessions


def session_of_turn(cut: Cut) -> Ints:
    """Return the session of each turn with clauses among all."""
    sessions: Ints = np.searchsorted(cut.first_turn, cut.turns.sessions, side="right") - 1
    return sessions


def highest(values: Floats, sessions: Ints, size: int) -> Floats:
    """Return each session's highest value, at least 0; 0 for a session without values."""
    found = np.zeros(size, dtype=np.float32)
    np.maximum.at(found, sessions, values)
    return found
