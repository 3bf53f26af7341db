"""The errors of a journey."""

from __future__ import annotations

from pilot.errors import PilotError


class JourneyFailed(PilotError):
    """A stage of the journey was not reached; the text names it."""
