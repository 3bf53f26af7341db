"""The base of watchers that read a table's last days and report each item once, also over restarts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import structlog

from operations.record_lines import records_of
from pilot.business_days import business_day
from pilot.errors import PilotError
from pilot.lake_tables.columns import Table
from storage.lake import Lake
from storage.snapshot import Snapshot

_log = structlog.get_logger("operations.watch")


class TableWatcher(ABC):
    """Reads a table whenever it has a new version; errors are logged and the next run tries again."""

    def __init__(
        self,
        lake: Lake,
        table: Table,
        *,
        days: int,
        records: Path,
        pages_url: str,
        simulated: bool,
        clock: Callable[[], datetime],
    ) -> None:
        """Initialise the watcher.

        Args:
            lake: The lake.
            table: The table.
            days: Number of business days to read, the last one today.
            records: The file of reported items.
            pages_url: The address of the managers' pages.
            simulated: Whether to read simulated guests, as in a demo, instead of real ones.
            clock: Returns the current time, aware.
        """
        self._lake = lake
        self._table = table
        self._days = days
        self._records = records
        self._pages = pages_url.rstrip("/")
        self._simulated = simulated
        self._clock = clock
        self._version: int | None = None
        self._reported: set[str] | None = None

    def __call__(self) -> None:
        """Run once."""
        self.refresh()

    def refresh(self) -> bool:
        """Read the table if it has a new version; return whether its newest version has been read."""
        try:
            version = self._lake.version(self._table)
            if version is None or version == self._version:
                return version is not None
            now = self._clock()
            days = [business_day(now) - timedelta(days=back) for back in range(self._days)]
            with self._lake.snapshot(self._table, days=days) as snapshot:
                self._report_new(snapshot, days=days, now=now)
            self._version = version
        except (PilotError, OSError) as error:
            _log.error("a watched table cannot be read", table=self._table.name, reason=type(error).__name__)
            return False
        return True

    @property
    def reported(self) -> set[str]:
        """Return the keys of the reported items; add to the set after each report."""
        if self._reported is None:
            self._reported = {key for record in records_of(self._records) for key in self._record_keys(record)}
        return self._reported

    def link(self, cafe: str, day: date) -> str:
        """Return the address of a café's day: the start page of the managers' pages."""
        return f"{self._pages}/?{urlencode({'kafe': cafe, 'dag': day.isoformat()})}"

    @abstractmethod
    def _report_new(self, snapshot: Snapshot, *, days: list[date], now: datetime) -> None:
        """Report unreported items, at least once: write the record before remembering its key."""

    @abstractmethod
    def _record_keys(self, record: dict[str, Any]) -> Collection[str]:
        """Return the keys of the items that a record reports; none for a record of another kind."""
