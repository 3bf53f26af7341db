"""Drills a restore: restores the newest backup whole to scratch, verifies its data, and times it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from operations.backup.catalog import Backup, backup_folder, list_backups
from operations.backup.manifest import RESTORED_BY_DATE
from operations.backup.restore import restore
from operations.backup.verify import restore_sample, scratch_settings
from operations.data_verification import DataCheck, verify_data
from pilot.errors import PilotError
from storage.home import Home
from storage.store import audit

DRILLED = "backup.drill"
SCRATCH = ".drill-"
# The recovery objectives. That of a single service (5 min) is timed by its restart, which needs no backup.
DATABASE_WITHIN = timedelta(minutes=30)
HOME_WITHIN = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Drill:
    """The result of a drill.

    Attributes:
        backup: The backup's name.
        at: Its time, UTC.
        database_seconds: Seconds to restore and compare the store alone.
        home_seconds: Seconds to restore the whole home, replays and time limits included.
        checks: The verification of the restored data.
        fault: Why the restore failed; empty if it did not.
    """

    backup: str
    at: datetime
    database_seconds: float = 0.0
    home_seconds: float = 0.0
    checks: tuple[DataCheck, ...] = ()
    fault: str = ""

    @property
    def passed(self) -> bool:
        """Return whether the restore succeeded within the objectives, with right data."""
        in_time = (
            self.database_seconds <= DATABASE_WITHIN.total_seconds()
            and self.home_seconds <= HOME_WITHIN.total_seconds()
        )
        return not self.fault and in_time and all(check.ok for check in self.checks)


def drill(
    home: Home,
    *,
    backup: Backup | None = None,
    now: datetime,
    actor: str,
    timer: Callable[[], float] = time.monotonic,
    report: Callable[[str], None] = lambda _: None,
) -> Drill:
    """Restore a backup to scratch, verify and time it, and record the result in the audit log.

    Args:
        home: The home; nothing in it changes but its audit log.
        backup: The backup; by default the newest one with a store.
        now: The current time, UTC.
        actor: Who drills, for the audit log.
        timer: The clock that times it.
        report: Called with a line of progress.
    """
    if backup is None:
        known = list_backups(backup_folder(home.settings))
        backup = next((each for each in reversed(known) if each.manifest.scope in RESTORED_BY_DATE), None)
    result = Drill("none", now, fault="There is no backup.")
    if backup is not None:
        result = _drill(home, backup, now=now, timer=timer, report=report)
    with home.store().begin() as connection:
        audit.record(
            connection, actor=actor, action=DRILLED, subject=result.backup, at=now,
            details=_details(result),
        )  # fmt: skip
    return result


def last_drill(home: Home) -> audit.Entry | None:
    """Return the audit log's entry of the latest drill; None if there was none."""
    entries, _ = audit.page(home.store(), audit.Filter(action=DRILLED), offset=0, limit=1)
    return entries[0] if entries else None


def _drill(
    home: Home, backup: Backup, *, now: datetime, timer: Callable[[], float], report: Callable[[str], None]
) -> Drill:
    checks: list[DataCheck] = []

    def check(restored: Home) -> None:
        report("verifying the restored data")
        checks.extend(verify_data(restored))

    started, database_seconds, fault = timer(), 0.0, ""
    target = home.root.with_name(f"{SCRATCH}{home.root.name}")
    try:
        with scratch_settings(home.settings) as settings:
            restore_sample(backup, settings=settings)
        database_seconds = timer() - started
        started = timer()
        with scratch_settings(home.settings) as settings:
            restore(backup, target, settings=settings, now=now, report=report, check=check, keep=False)
    except PilotError as error:
        fault = error.what
    return Drill(backup.path.name, now, database_seconds, timer() - started, tuple(checks), fault)


def _details(result: Drill) -> dict[str, Any]:
    return {
        "passed": result.passed,
        "database_seconds": round(result.database_seconds, 1),
        "home_seconds": round(result.home_seconds, 1),
        "fault": result.fault,
        "checks": [asdict(check) for check in result.checks],
    }
