"""Decodes and opens every code each night, and alerts while one cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time

import httpx
import structlog

from operations.codes.proof import prove_codes
from operations.system import RUN_FOLDER
from operations.watch.alerts.alert_records import Alert, AlertRecords
from pilot.business_days import local_time
from pilot.errors import PilotError
from storage.home import Home
from storage.store.cafes import codes, switches

ALERT = "code_broken"
RECORDS_NAME = "codes.ndjson"
NOT_BEFORE = time(3, 30)  # Stockholm's time: no clock change skips or repeats it, and no café is open
TIMEOUT_SECONDS = 8.0

_log = structlog.get_logger("operations.watch")


class CodeWatcher:
    """Checks once a night; while the page is away or in maintenance, it tries again at its next run."""

    def __init__(self, home: Home, *, clock: Callable[[], datetime]) -> None:
        """Initialise the watcher.

        Args:
            home: The home.
            clock: Returns the current time, aware.
        """
        self._home = home
        self._clock = clock
        self._alerts = AlertRecords(home.root / RUN_FOLDER / RECORDS_NAME, clock=clock)
        self._checked: date | None = None

    def __call__(self) -> None:
        """Check if this night's check is due."""
        now = local_time(self._clock())
        if now.time() < NOT_BEFORE or self._checked == now.date():
            return
        try:
            if switches.find(self._home.store(), "maintenance").is_on or not self._answers():
                return
            found = prove_codes(
                codes.active(self._home.store()),
                cafes=self._home.cafes(),
                public_url=self._home.settings.public_url,
            )
        except (PilotError, OSError) as error:
            _log.error("codes cannot be checked", reason=type(error).__name__)
            return
        self._alerts.report(
            [Alert(ALERT, each.name, "medium", f"{each.found}. {each.remedy}") for each in found if not each.ok]
        )
        self._checked = now.date()
        _log.info("codes checked", codes=len(found), broken=sum(not each.ok for each in found))

    def _answers(self) -> bool:
        try:
            httpx.get(self._home.settings.public_url, timeout=TIMEOUT_SECONDS, trust_env=False)
        except httpx.HTTPError:
            return False
        return True
