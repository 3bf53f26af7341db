"""Why a load could not be made at all; what goes wrong in it is counted instead."""

from __future__ import annotations

from pilot.errors import PilotError


class LoadRefused(PilotError):
    """There is nothing to say, nobody to say it to, or no way to it."""
