"""The watch's eye on the provider: looks at the events that wait, and fetches what no webhook told."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from payouts.stripe.events import catch_up, process
from payouts.stripe.rail import StripeRail
from pilot.errors import PilotError
from storage.home import Home
from storage.store import recipient_devices

LOOK_SECONDS = 5  # A guest who comes back from Stripe looks at the receipt.
CATCH_UP_SECONDS = 300

_log = structlog.get_logger("operations.watch")


class ProviderEvents:
    """Looks at what waits; what fails is logged, and the next look comes."""

    def __init__(self, home: Home, rail: StripeRail, *, tell: Callable[[str], None] = lambda _: None) -> None:
        """Take what to look at.

        Args:
            home: The home.
            rail: The rail that the events are of.
            tell: Called with each thing that a person has to look at.
        """
        self._home = home
        self._rail = rail
        self._tell = tell

    def look(self) -> None:
        """Look at the waiting events once."""
        try:
            looked = process(self._home.store(), self._rail)
        except (PilotError, OSError) as error:
            _log.error("the provider's events cannot be looked at", reason=type(error).__name__)
            return
        for each in looked.differences:
            _log.error("the provider has what the books cannot explain", what=each)
            self._tell(each)
        if looked.done:
            _log.info("the provider's events looked at", done=looked.done, put_off=looked.put_off)

    def fetch(self) -> None:
        """Fetch what no webhook told once; forget the devices whose time is over."""
        try:
            if new := catch_up(self._home.store(), self._rail):
                _log.info("events fetched that no webhook had told", new=new)
            recipient_devices.forget_old(self._home.store())
        except (PilotError, OSError) as error:
            _log.warning("the provider's events cannot be fetched", reason=type(error).__name__)
