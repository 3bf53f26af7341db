"""The error of a load that cannot start; failures during a load are counted instead."""

from __future__ import annotations

from pilot.errors import PilotError


class LoadRefused(PilotError):
    """There is no speech, no café code or no edge for the load."""
