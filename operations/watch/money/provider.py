"""Processes the provider's waiting events, and fetches the events that no webhook delivered."""

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

POLL_SECONDS = 5  # A guest who returns from Stripe is waiting at the receipt.
CATCH_UP_SECONDS = 300
RECIPIENTS_EVERY = timedelta(hours=1)  # Recipients' events are listed one account at a time.

_log = structlog.get_logger("operations.watch")


class ProviderEvents:
    """Two jobs on the provider's events; errors are logged and the next run tries again."""

    def __init__(self, home: Home, rail: StripeRail, *, report: Callable[[str], None] = lambda _: None) -> None:
        """Initialise both jobs.

        Args:
            home: The home.
            rail: The rail whose events are processed.
            report: Called with each difference that needs a person.
        """
        self._home = home
        self._rail = rail
        self._report = report
        # Not persisted: a new process lists every available event, also after a backup was restored.
        self._fetched_at: datetime | None = None
        self._recipients_at: datetime | None = None

    def process(self) -> None:
        """Process the waiting events once."""
        try:
            result = process(self._home.store(), self._rail)
        except (PilotError, OSError) as error:
            _log.error("provider events cannot be processed", reason=type(error).__name__)
            return
        for each in result.differences:
            _log.error("the books cannot explain a provider record", transfer=each.transfer, code=each.code)
            self._report(f"{each.transfer}: {difference_in_words(each.code, language='en')}")
        if result.processed:
            _log.info("provider events processed", done=result.processed, deferred=result.deferred)

    def fetch(self) -> None:
        """Fetch undelivered events once; delete old events and expired devices."""
        store = self._home.store()
        at = store.now()
        recipients = self._recipients_due(at)
        since = self._recipients_at if recipients else self._fetched_at
        try:
            if new := catch_up(store, self._rail, since=since, recipients=recipients):
                _log.info("fetched events that no webhook delivered", new=new)
            provider_events.forget_old(store)
            recipient_devices.forget_old(store)
        except (PilotError, OSError) as error:
            _log.warning("provider events cannot be fetched", reason=type(error).__name__)
            return
        self._fetched_at = at
        if recipients:
            self._recipients_at = at

    def _recipients_due(self, at: datetime) -> bool:
        secret = self._home.settings.stripe_webhook_secret.get_secret_value()
        return not secret or self._recipients_at is None or at - self._recipients_at >= RECIPIENTS_EVERY
