"""The error of a language model that does not respond."""

from __future__ import annotations

from pilot.errors import PilotError


class ModelAway(PilotError):
    """Ollama does not respond, is busy, lacks the model, or broke off.

    Attributes:
        reason: Code for the metrics: late, slow, refused, broken.
    """

    def __init__(self, what: str, *, remedy: str, reason: str = "broken") -> None:
        super().__init__(what, remedy=remedy, retryable=True)
        self.reason = reason
