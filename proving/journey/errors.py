"""How a journey can end before its end."""

from __future__ import annotations

from pilot.errors import PilotError


class JourneyFailed(PilotError):
    """A stage of the journey did not happen; the text names it."""
