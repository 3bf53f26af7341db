"""What a detector found about one session: identifiers and counts, never a word of what was said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Found:
    """One signal of one session.

    Attributes:
        session_id: The session.
        signal: A key of `pipelines.signals.reasons.REASONS`.
        related: Other sessions that it is about.
        counts: The figures that it rests on, by name.
    """

    session_id: str
    signal: str
    related: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
