"""Sends the Monday digest, and reports letters that did not reach a manager."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from operations.digest.sending import DigestSender
from operations.system import RUN_FOLDER
from operations.watch.alerts.alert_records import Alert, AlertRecords
from pilot.business_days import business_day
from pilot.cafes import Cafes
from pilot.errors import PilotError
from pipelines.cases.feedback_claims import DAYS_A_WEEK, monday_of
from storage.home import Home
from storage.store.outgoing.digests import Digest, State, digests_of

ALERT = "digest_undelivered"
RECORDS_NAME = "digests.ndjson"
UNDELIVERED: tuple[State, ...] = ("not_configured", "refused", "unknown", "expired")

_log = structlog.get_logger("operations.watch")


class DigestWatcher:
    """Runs the sender, then compares the week's rows with the alerts."""

    def __init__(self, home: Home, *, clock: Callable[[], datetime], sender: DigestSender | None = None) -> None:
        """Initialise the watcher.

        Args:
            home: The home.
            clock: Returns the current time, aware.
            sender: Sends the letters; None for one with the settings' mail server.
        """
        self._home = home
        self._clock = clock
        self._sender = sender or DigestSender(home, clock=clock)
        self._alerts = AlertRecords(home.root / RUN_FOLDER / RECORDS_NAME, clock=clock)

    def __call__(self) -> None:
        """Run once; while the store does not answer, no alert begins or ends."""
        self._sender()
        try:
            week = monday_of(business_day(self._clock()))
            rows = [each for each in digests_of(self._home.store(), since=week) if each.state in UNDELIVERED]
            self._alerts.report(digest_alerts(rows, cafes=self._home.cafes()))
        except (PilotError, OSError) as error:
            _log.error("digests cannot be read", reason=type(error).__name__)


def digest_alerts(rows: list[Digest], *, cafes: Cafes) -> list[Alert]:
    """Return one alert for each café and week whose letters did not reach every manager.

    Args:
        rows: The undelivered rows.
        cafes: The cafés.
    """
    counts = Counter((each.cafe, each.week, each.state) for each in rows)
    alerts = []
    for cafe, week in sorted({(each.cafe, each.week) for each in rows}):
        states = ", ".join(f"{counts[cafe, week, state]} {state}" for state in UNDELIVERED if counts[cafe, week, state])
        name = cafes.get(cafe).name if cafe in cafes.ids else cafe
        last = week + timedelta(days=DAYS_A_WEEK - 1)
        alerts.append(
            Alert(
                name=ALERT,
                subject=f"{cafe} {week}",
                severity="low",
                text=f"The digest of {name} for {week} to {last} did not reach every manager: {states}. "
                "See pilot digest status.",
            )
        )
    return alerts
