"""Forgets which recipient a device was once it was not seen for thirty days."""

from __future__ import annotations

import structlog

from pilot.errors import PilotError
from storage.home import Home
from storage.store import recipient_devices

_log = structlog.get_logger("operations.watch")


class ForgettingDevices:
    """Forgets the devices whose time is over."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def __call__(self) -> None:
        """Look once; what fails is logged, and the next look comes."""
        try:
            if forgotten := recipient_devices.forget_old(self._home.store()):
                _log.info("devices forgotten", count=forgotten)
        except (PilotError, OSError) as error:
            _log.error("devices cannot be forgotten", reason=type(error).__name__)
