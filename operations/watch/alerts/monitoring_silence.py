"""Reports that Alertmanager's watchdog is absent: alerts on metrics cannot fire then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from operations.alerting.alertmanager import ALIVE_NAME
from operations.system import RUN_FOLDER
from operations.watch.alerts.alert_records import Alert, AlertRecords
from storage.home import Home

ALERT = "monitoring_silent"
RECORDS_NAME = "monitoring.ndjson"
SILENT_AFTER = timedelta(minutes=10)


class MonitoringWatcher:
    """Compares the watchdog's last delivery with the time; nothing is expected before the first one."""

    def __init__(self, home: Home, *, clock: Callable[[], datetime]) -> None:
        self._is_expected = bool(home.settings.alertmanager_token.get_secret_value())
        self._alive = home.root / RUN_FOLDER / ALIVE_NAME
        self._clock = clock
        self._started = clock()
        self._records = AlertRecords(home.root / RUN_FOLDER / RECORDS_NAME, clock=clock)

    def __call__(self) -> None:
        """Run once."""
        last = self._last()
        # While the watch is away nothing can be delivered to it.
        silent = last is not None and self._clock() - max(last, self._started) > SILENT_AFTER
        text = "Alertmanager has not delivered its watchdog for ten minutes: alerts on metrics cannot fire."
        self._records.report([Alert(ALERT, "alertmanager", "high", text)] if silent else [])

    def _last(self) -> datetime | None:
        if not self._is_expected:
            return None
        try:
            return datetime.fromisoformat(self._alive.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
