"""Why a language model did not answer."""

from __future__ import annotations

from pilot.errors import PilotError


class ModelAway(PilotError):
    """Ollama does not answer, is busy, lacks the model, or broke off.

    Attributes:
        reason: One word for the figures: late, slow, refused, broken.
    """

    def __init__(self, what: str, *, remedy: str, reason: str = "broken") -> None:
        super().__init__(what, remedy=remedy, retryable=True)
        self.reason = reason
