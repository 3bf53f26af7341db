"""Reports channels whose messages were given up, through the other channels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from operations.system import RUN_FOLDER
from operations.watch.alerts.alert_records import Alert, AlertRecords
from pilot.errors import PilotError
from storage.home import Home
from storage.store.alerts import deliveries
from storage.store.alerts.deliveries import Delivery

ALERT = "alert_undelivered"
RECORDS_NAME = "undelivered.ndjson"
READ_BACK = timedelta(hours=24)

_log = structlog.get_logger("operations.watch")


class UndeliveredWatcher:
    """Compares the outbox with the alerts; errors are logged, then tried again."""

    def __init__(self, home: Home, *, clock: Callable[[], datetime]) -> None:
        self._home = home
        self._clock = clock
        self._records = AlertRecords(home.root / RUN_FOLDER / RECORDS_NAME, clock=clock)

    def __call__(self) -> None:
        """Run once."""
        try:
            found = deliveries.since(self._home.store(), self._clock() - READ_BACK)
            self._records.report(undelivered_alerts(found))
        except (PilotError, OSError) as error:
            _log.error("the outbox of alerts cannot be read", reason=type(error).__name__)


def undelivered_alerts(found: Sequence[Delivery]) -> list[Alert]:
    """Return an alert for each channel whose latest outcome of a day is that a message was given up."""
    ended = sorted((each for each in found if each.ended_at is not None), key=lambda each: str(each.ended_at))
    latest = {each.channel: each for each in ended if each.state in ("delivered", "dead")}
    return [
        Alert(
            ALERT,
            channel,
            "high",
            f"The last message by {channel} was given up after {each.attempts} tries: {each.reason}"
            f"{f', status {each.code}' if each.code else ''}. Correct its setting, then: pilot alerts test.",
        )
        for channel, each in sorted(latest.items())
        if each.state == "dead"
    ]
