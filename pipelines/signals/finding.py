"""A detector's finding about one session: identifiers and counts, never a guest's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """One signal of one session.

    Attributes:
        session_id: The session.
        signal: A key of `pipelines.signals.reasons.REASONS`.
        related: The other sessions behind it.
        counts: The figures behind it, by name.
    """

    session_id: str
    signal: str
    related: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
