"""Tells when the figures stand still: whatever keeps them fresh has stopped, and no run failed that would say so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from operations.system import RUN_FOLDER
from operations.watch.alerts.alert_records import Alert, AlertRecords
from pilot.business_days import business_day, local_time
from pilot.errors import PilotError
from pilot.tables import PILOT_KPIS
from storage.home import Home

ALERT = "figures_stale"
RECORDS_NAME = "figures.ndjson"
STALE_AFTER = timedelta(minutes=45)  # the prober alone has them built every ten minutes, also by night

_log = structlog.get_logger("operations.watch")


class StaleFiguresWatcher:
    """Looks how old the newest figures are; what fails is logged, and the next look comes."""

    def __init__(self, home: Home, *, clock: Callable[[], datetime]) -> None:
        self._home = home
        self._clock = clock
        self._records = AlertRecords(home.root / RUN_FOLDER / RECORDS_NAME, clock=clock)
        self._version: int | None = None
        # A pilot that was stopped has old figures until its first run.
        self._newest = clock()

    def __call__(self) -> None:
        """Look once."""
        try:
            now = self._clock()
            self._look(now)
            self._records.tell([self._alert()] if now - self._newest > STALE_AFTER else [])
        except (PilotError, OSError) as error:
            _log.error("the figures' age cannot be seen", reason=type(error).__name__)

    def _look(self, now: datetime) -> None:
        lake = self._home.lake()
        version = lake.version(PILOT_KPIS)
        if version is None or version == self._version:
            return
        today = business_day(now)
        judged = lake.read(PILOT_KPIS, days=[today - timedelta(days=1), today], columns=["as_of"])
        newest = judged.get_column("as_of").max()
        if isinstance(newest, datetime):
            self._newest = max(self._newest, newest)
        self._version = version

    def _alert(self) -> Alert:
        return Alert(
            ALERT,
            PILOT_KPIS.name,
            "medium",
            f"The figures are as they were at {local_time(self._newest):%H:%M on %Y-%m-%d}, "
            "and should never be older than ten minutes. Do Dagster's daemon and the sensor new_facts run? "
            "See pilot health.",
        )
