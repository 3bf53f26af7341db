"""The supervisor's errors."""

from __future__ import annotations

from pilot.errors import PilotError


class AlreadyRunning(PilotError):
    """Another supervisor has claimed the same home."""


class PortTaken(PilotError):
    """A required port is in use."""


class StartFailed(PilotError):
    """A process did not become ready."""
