"""Reports open incidents as alerts; outages, payments, data and security page level 3."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from operations.system import RUN_FOLDER
from operations.watch.alerts.alert_records import Alert, AlertRecords
from operations.watch.alerts.payout_pause import pause_payouts
from pilot.errors import PilotError
from storage.home import Home
from storage.store.incidents import incidents
from storage.store.incidents.incidents import Incident

RECORDS_NAME = "incidents.ndjson"
EVERYTHING = 1
NAMES = {"payments": "payments_broken", "data": "data_corrupt", "security": "security_incident"}

_log = structlog.get_logger("operations.watch")


class IncidentWatcher:
    """Compares the open incidents with the alerts; errors are logged, then tried again."""

    def __init__(self, home: Home, *, clock: Callable[[], datetime]) -> None:
        self._home = home
        self._records = AlertRecords(home.root / RUN_FOLDER / RECORDS_NAME, clock=clock)

    def __call__(self) -> None:
        """Run once."""
        try:
            store, before = self._home.store(), self._records.firing
            self._records.report(incident_alerts(incidents.latest(store, only_open=True)))
            pause_payouts(store, self._records.firing - before)
        except (PilotError, OSError) as error:
            _log.error("incidents cannot be read", reason=type(error).__name__)


def incident_alerts(found: Sequence[Incident]) -> list[Alert]:
    """Return the alerts of open incidents; a nuisance of the kinds voice and pages is none.

    The watch notes an outage's recovery itself, but a person closes the incident: its alert is open until then.
    """
    alerts = []
    for each in found:
        text = f"{each.id} is open: {each.title} Follow docs/operations/incidents.md; pilot incident show {each.id}."
        if each.kind == "down":
            name = "system_down" if each.severity == EVERYTHING else "cafe_page_down"
            alerts.append(Alert(name, f"{each.id} {', '.join(each.cafes)}", "high", text))
        elif each.kind in NAMES:
            alerts.append(Alert(NAMES[each.kind], each.id, "high", text))
    return alerts
