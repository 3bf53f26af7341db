"""How many replies each author gave, and why the script spoke where a model could have."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

MODEL: Literal["ollama"] = "ollama"
SCRIPT: Literal["scripted"] = "scripted"


@dataclass(slots=True)
class Tally:
    """Counts by author and reason.

    Reasons are `language` (not one that the model may speak), `certain` (a concern, a wish or thanks: always the
    script's), `loading`, `away` (left alone after a failure), `late` (no first words in time), `slow` (no whole
    question in time), `refused`, `broken`, and `guard_` with the fault that `guard.fault` found; the model's own
    replies have none.
    """

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, author: str, *, reason: str = "") -> None:
        """Count one reply."""
        self.counts[author, reason] += 1

    def share(self, author: str) -> float:
        """Return the share of replies that `author` gave; 0 before there is one."""
        total = sum(self.counts.values())
        return sum(number for (who, _), number in self.counts.items() if who == author) / total if total else 0.0


@runtime_checkable
class Tallied(Protocol):
    """An interviewer that counts its replies by author: the edge shows them in its metrics."""

    @property
    def tally(self) -> Tally:
        """Return the counts so far."""
        ...
