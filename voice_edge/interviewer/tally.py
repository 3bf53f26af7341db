"""Counts replies by author, with the reasons for the script's replies."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

MODEL: Literal["ollama"] = "ollama"
SCRIPT: Literal["scripted"] = "scripted"


@dataclass(slots=True)
class Tally:
    """Counts by author and reason.

    Reasons are `language` (not one of the model's), `certain` (a concern, a wish or thanks: always the script's),
    `loading`, `away` (not tried after a failure), `late` (no first words in time), `slow` (no whole question in time),
    `refused`, `broken`, and `guard_` with the result of `guard.fault`; the model's own replies have none.
    """

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, author: str, *, reason: str = "") -> None:
        """Count one reply."""
        self.counts[author, reason] += 1

    def share(self, author: str) -> float:
        """Return `author`'s share of replies; 0 before the first."""
        total = sum(self.counts.values())
        return sum(number for (who, _), number in self.counts.items() if who == author) / total if total else 0.0


@runtime_checkable
class Tallied(Protocol):
    """An interviewer that counts its replies by author, for the edge's metrics."""

    @property
    def tally(self) -> Tally:
        """Return the counts so far."""
        ...
