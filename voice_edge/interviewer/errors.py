"""Why a language model did not answer."""

from __future__ import annotations

from pilot.errors import PilotError


class ModelAway(PilotError):
    """Ollama does not answer, is busy, lacks the model, or broke off."""
