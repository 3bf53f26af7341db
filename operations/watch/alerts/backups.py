"""Reports backups that are too old or absent in a place, as read from the place itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import structlog

from operations.backup.ages import PlaceAges, ages
from operations.system import RUN_FOLDER
from operations.watch.alerts.alert_records import Alert, AlertRecords
from pilot.business_days import local_time
from pilot.errors import PilotError
from storage.home import Home

RECORDS_NAME = "backups.ndjson"
STORE_OLD_AFTER = timedelta(hours=6, minutes=30)  # snapshots are made every six hours, changed or not
WHOLE_OLD_AFTER = timedelta(hours=26)
START = timedelta(minutes=10)  # the first backups of a new home need time
REMEDY = "See pilot backup list and docs/operations/backups.md."

_log = structlog.get_logger("operations.watch")


class BackupWatcher:
    """Compares the ages of the newest backups with their limits; errors are logged, then tried again.

    A demo home's data is simulated, and has no backups.
    """

    def __init__(
        self, home: Home, *, clock: Callable[[], datetime], read: Callable[[Home], list[PlaceAges]] = ages
    ) -> None:
        self._home = home
        self._clock = clock
        self._read = read
        self._started = clock()
        self._records = AlertRecords(home.root / RUN_FOLDER / RECORDS_NAME, clock=clock)

    def __call__(self) -> None:
        """Run once."""
        now = self._clock()
        if self._home.kind == "demo" or now - self._started < START:
            return
        try:
            if not self._home.settings.backup_key.get_secret_value():
                text = f"PILOT_BACKUP_KEY is not set: no backup is made. {REMEDY}"
                self._records.report([Alert("backup_absent", "key", "high", text)])
                return
            self._records.report([alert for place in self._read(self._home) for alert in alerts_of(place, now=now)])
        except (PilotError, OSError) as error:
            _log.error("the age of the backups cannot be read", reason=type(error).__name__)


def alerts_of(place: PlaceAges, *, now: datetime) -> Iterator[Alert]:
    """Yield a place's alerts.

    Args:
        place: The ages of its newest backups.
        now: The current time.
    """
    if place.fault:
        yield Alert("backup_target_away", place.place, "high", place.fault)
        return
    for kind, made, limit in (
        ("store", place.store_at, STORE_OLD_AFTER),
        ("whole home", place.whole_at, WHOLE_OLD_AFTER),
    ):
        subject = f"{place.place}, {kind}"
        if made is None:
            yield Alert(
                "backup_absent", subject, "high", f"There is no backup of the {kind} in {place.place}. {REMEDY}"
            )
        elif now - made > limit:
            since = f"{local_time(made):%Y-%m-%d %H:%M}"
            yield Alert(
                "backup_old",
                subject,
                "high",
                f"The newest backup of the {kind} in {place.place} is from {since}. {REMEDY}",
            )
