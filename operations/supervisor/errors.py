"""What can go wrong with the supervisor, in words."""

from __future__ import annotations

from pilot.errors import PilotError


class AlreadyRunning(PilotError):
    """Another supervisor holds the same home."""


class PortTaken(PilotError):
    """A port that a process needs is in use."""


class StartFailed(PilotError):
    """A process did not become ready."""
