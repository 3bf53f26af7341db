"""The watch's backup jobs: a changed store each minute, home and configuration each business day.

Verifications and drills take longer: Dagster starts them (`assets/automation/backups.py`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime

import structlog

from operations.backup.cadence import base_of, is_due, superseded
from operations.backup.carry import Carrier, targets_of
from operations.backup.catalog import Backup, backup_folder, list_backups
from operations.backup.make import make_backup, make_recent
from operations.backup.manifest import Scope
from operations.erasure.home_lock import HomeLocked
from pilot.errors import PilotError
from storage.backup.store_copy import change_mark
from storage.home import Home

COPY_SECONDS = 30  # with the time of the copy itself, less than a minute, also on a busy machine
DAILY_SECONDS = 60

_log = structlog.get_logger("operations.backup")


class StoreCopies:
    """Copies the store if it has changed or a snapshot is due; errors are logged, then tried again."""

    def __init__(self, home: Home, *, clock: Callable[[], datetime]) -> None:
        self._home = home
        self._clock = clock
        self._mark: str | None = None

    def __call__(self) -> None:
        """Run once."""
        _logged("the store cannot be copied", self.run)

    def run(self) -> Backup | None:
        """Run once; return the backup that was made, None if nothing changed or there is no key.

        Raises:
            PilotError: the store cannot be copied.
        """
        if not _has_key(self._home):
            return None
        now = self._clock()
        mark = change_mark(self._home.store())
        known = own_backups(self._home)
        recent = [each for each in known if each.manifest.scope == "recent"]
        due = is_due("snapshot", last=recent[-1].made_at if recent else None, now=now)
        made = None
        if due or mark != self._mark:
            with_store = [each.manifest.store for each in known if each.manifest.store]
            made = make_recent(
                self._home,
                now=now,
                base=base_of(known, now=now),
                last=None if due or not with_store else with_store[-1],
            )
            self._mark = mark
            for each in superseded(known, now=now):
                shutil.rmtree(each.path, ignore_errors=True)
        return made


class DailyBackups:
    """Makes the daily backups once a business day; errors are logged, then tried again."""

    def __init__(self, home: Home, *, clock: Callable[[], datetime]) -> None:
        self._home = home
        self._clock = clock

    def __call__(self) -> None:
        """Run once."""
        _logged("a daily backup cannot be made", self.run)

    def run(self) -> list[Backup]:
        """Run once; return the backups that were made.

        Raises:
            PilotError: a part cannot be copied.
        """
        made: list[Backup] = []
        if not _has_key(self._home):
            return made
        scopes: tuple[Scope, ...] = ("whole", "configuration")
        for scope in scopes:
            now = self._clock()
            last = [each.made_at for each in own_backups(self._home) if each.manifest.scope == scope]
            if is_due("whole" if scope == "whole" else "configuration", last=last[-1] if last else None, now=now):
                made.append(make_backup(self._home, now=now, scope=scope))
        return made


class CarriedBackups:
    """Carries the backups to the other targets; one that is away stops no other, nor a backup."""

    def __init__(self, home: Home, *, clock: Callable[[], datetime]) -> None:
        self._home = home
        self._clock = clock
        self._carriers: list[Carrier] | None = None

    def __call__(self) -> None:
        """Run once."""
        _logged("the targets of backups cannot be used", self.run)

    def run(self) -> list[str]:
        """Run once; return the names that were carried."""
        if self._carriers is None:
            self._carriers = [Carrier(self._home, target) for target in targets_of(self._home.settings)]
        carried: list[str] = []
        for carrier in self._carriers:
            try:
                carried += carrier.run(now=self._clock())
            except PilotError as error:
                _log.error("a target of backups cannot be used", reason=type(error).__name__)
        return carried


def own_backups(home: Home) -> list[Backup]:
    """Return the backups of a home, oldest first; homes may share a folder."""
    name = home.identity()
    return [each for each in list_backups(backup_folder(home.settings)) if each.manifest.home == name]


def _has_key(home: Home) -> bool:
    return bool(home.settings.backup_key.get_secret_value())


def _logged(fault: str, run: Callable[[], object]) -> None:
    try:
        run()
    except HomeLocked:
        _log.info("a backup waits for another one, or for an erasure")
    except (PilotError, OSError) as error:
        _log.error(fault, reason=type(error).__name__)
