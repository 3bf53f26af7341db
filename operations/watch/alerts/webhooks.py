"""Plans and sends webhooks, and reports rules that were disabled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from operations.system import RUN_FOLDER
from operations.watch.alerts.alert_records import Alert, AlertRecords
from operations.webhooks.delivering import Deliverer
from pilot.errors import PilotError
from storage.home import Home
from storage.store.outgoing.webhook_rules import rules_of

ALERT = "webhook_disabled"
RECORDS_NAME = "webhooks.ndjson"

_log = structlog.get_logger("operations.watch")


class WebhookWatcher:
    """Runs the deliverer, then compares the disabled rules with the alerts."""

    def __init__(self, home: Home, *, clock: Callable[[], datetime], deliverer: Deliverer | None = None) -> None:
        """Initialise the watcher.

        Args:
            home: The home.
            clock: Returns the current time, aware.
            deliverer: Sends; None for one that connects to public addresses.
        """
        self._home = home
        self._deliverer = deliverer or Deliverer(home, clock=clock)
        self._alerts = AlertRecords(home.root / RUN_FOLDER / RECORDS_NAME, clock=clock)

    def __call__(self) -> None:
        """Run once; a fault is logged, and the next round tries again."""
        for step in (self._deliverer.plan, self._deliverer.send_due, self._report):
            try:
                step()
            except (PilotError, OSError) as error:
                _log.error("webhooks cannot be sent", reason=type(error).__name__)

    def _report(self) -> None:
        self._alerts.report(
            [
                Alert(
                    name=ALERT,
                    subject=f"{rule.cafe} {rule.id}",
                    severity="low",
                    text=f"The rule {rule.id} of {rule.cafe} is disabled: its receiver failed for days, or is gone. "
                    "Turn it on again on the page of rules.",
                )
                for rule in rules_of(self._home.store())
                if rule.state == "disabled"
            ]
        )
