"""The watch's eye on the provider: looks at the events that wait, and fetches what no webhook told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from payouts.meanings import difference_in_words
from payouts.stripe.events import catch_up, process
from payouts.stripe.rail import StripeRail
from pilot.errors import PilotError
from storage.home import Home
from storage.store.payouts import provider_events, recipient_devices

POLL_SECONDS = 5  # A guest who comes back from Stripe looks at the receipt.
CATCH_UP_SECONDS = 300
RECIPIENTS_EVERY = timedelta(hours=1)  # Their events are listed one account at a time.

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
        # Forgotten with the process: a watch that starts lists all that there is, also after a backup was put back.
        self._fetched_at: datetime | None = None
        self._recipients_at: datetime | None = None

    def look(self) -> None:
        """Look at the waiting events once."""
        try:
            looked = process(self._home.store(), self._rail)
        except (PilotError, OSError) as error:
            _log.error("the provider's events cannot be looked at", reason=type(error).__name__)
            return
        for each in looked.differences:
            _log.error("the provider has what the books cannot explain", transfer=each.transfer, code=each.code)
            self._tell(f"{each.transfer}: {difference_in_words(each.code, language='en')}")
        if looked.done:
            _log.info("the provider's events looked at", done=looked.done, put_off=looked.put_off)

    def fetch(self) -> None:
        """Fetch what no webhook told once; forget old events, and the devices whose time is over."""
        store = self._home.store()
        at = store.now()
        recipients = self._recipients_due(at)
        since = self._recipients_at if recipients else self._fetched_at
        try:
            if new := catch_up(store, self._rail, since=since, recipients=recipients):
                _log.info("events fetched that no webhook had told", new=new)
            provider_events.forget_old(store)
            recipient_devices.forget_old(store)
        except (PilotError, OSError) as error:
            _log.warning("the provider's events cannot be fetched", reason=type(error).__name__)
            return
        self._fetched_at = at
        if recipients:
            self._recipients_at = at

    def _recipients_due(self, at: datetime) -> bool:
        heard = self._home.settings.stripe_webhook_secret.get_secret_value()
        return not heard or self._recipients_at is None or at - self._recipients_at >= RECIPIENTS_EVERY
