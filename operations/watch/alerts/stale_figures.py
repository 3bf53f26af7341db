"""Reports stale figures: their updates have stopped without a failed run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from operations.system import RUN_FOLDER
from operations.watch.alerts.alert_records import Alert, AlertRecords
from pilot.business_days import business_day, local_time
from pilot.errors import PilotError
from pilot.lake_tables.tables import PILOT_KPIS
from storage.home import Home

ALERT = "figures_stale"
RECORDS_NAME = "figures.ndjson"
STALE_AFTER = timedelta(minutes=45)  # Probes trigger a build every ten minutes, also at night.

_log = structlog.get_logger("operations.watch")


class StaleFiguresWatcher:
    """Checks the age of the newest figures; errors are logged and the next run tries again."""

    def __init__(self, home: Home, *, clock: Callable[[], datetime]) -> None:
        self._home = home
        self._clock = clock
        self._records = AlertRecords(home.root / RUN_FOLDER / RECORDS_NAME, clock=clock)
        self._version: int | None = None
        # After a stop, the figures are old until the first build.
        self._newest = clock()

    def __call__(self) -> None:
        """Run once."""
        try:
            now = self._clock()
            self._read_newest(now)
            self._records.report([self._alert()] if now - self._newest > STALE_AFTER else [])
        except (PilotError, OSError) as error:
            _log.error("the age of the figures cannot be read", reason=type(error).__name__)

    def _read_newest(self, now: datetime) -> None:
        lake = self._home.lake()
        version = lake.version(PILOT_KPIS)
        if version is None or version == self._version:
            return
        today = business_day(now)
        rows = lake.read(PILOT_KPIS, days=[today - timedelta(days=1), today], columns=["as_of"])
        newest = rows.get_column("as_of").max()
        if isinstance(newest, datetime):
            self._newest = max(self._newest, newest)
        self._version = version

    def _alert(self) -> Alert:
        return Alert(
            ALERT,
            PILOT_KPIS.name,
            "medium",
            f"The figures have not changed since {local_time(self._newest):%H:%M on %Y-%m-%d}, "
            "and should never be older than ten minutes. Do Dagster's daemon and the sensor new_facts run? "
            "See pilot health.",
        )
