"""Verifies the data once a night, and alerts while store, ledger, lake and KPIs disagree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time

import structlog

from operations.data_verification import verify_data
from operations.system import RUN_FOLDER
from operations.watch.alerts.alert_records import Alert, AlertRecords
from pilot.business_days import local_time
from pilot.errors import PilotError
from storage.errors import StoreUnusable
from storage.home import Home

ALERT = "data_corrupt"
RECORDS_NAME = "data.ndjson"
NOT_BEFORE = time(4, 30)  # After the night's backups, before the first café opens.
REMEDY = "Run pilot verify-data, and follow docs/operations/incidents.md."

_log = structlog.get_logger("operations.watch")


class DataCheckWatcher:
    """Verifies once a night; a fault is verified again at the next run before it is reported.

    While the store does not answer nothing is verified, because that is another alert.
    """

    def __init__(self, home: Home, *, clock: Callable[[], datetime]) -> None:
        self._home = home
        self._clock = clock
        self._records = AlertRecords(home.root / RUN_FOLDER / RECORDS_NAME, clock=clock)
        self._checked: date | None = None
        self._wrong_before: set[str] = set()

    def __call__(self) -> None:
        """Verify if this night's check is due."""
        now = local_time(self._clock())
        if now.time() < NOT_BEFORE or self._checked == now.date():
            return
        try:
            with self._home.store().reading():
                wrong = [each for each in verify_data(self._home) if not each.ok]
        except StoreUnusable:
            self._records.report([Alert(ALERT, "store", "high", f"The store's file is damaged. {REMEDY}")])
            return
        except (PilotError, OSError) as error:
            _log.error("the data cannot be verified", reason=type(error).__name__)
            return
        names = {each.name for each in wrong}
        if not names <= self._wrong_before:
            self._wrong_before = names
            return
        self._records.report(
            [
                Alert(ALERT, each.name, "high", f"{each.name}: {each.found}; required: {each.required}. {REMEDY}")
                for each in wrong
            ]
        )
        self._checked = now.date()
