"""A desk of the watch that reads a table's last days and tells each thing in them once, over restarts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import structlog

from operations.record_lines import records_of
from pilot.business_days import business_day
from pilot.columns import Table
from pilot.errors import PilotError
from storage.lake import Lake
from storage.snapshot import Snapshot

_log = structlog.get_logger("operations.watch")


class TableWatcher(ABC):
    """Looks at a table whenever it has a new version; what fails is logged, and the next look comes."""

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
        """Take where to look and where to tell.

        Args:
            lake: The lake.
            table: The table.
            days: How many business days are looked at, today the last.
            records: The file of what was told.
            pages_url: Where the managers' pages are.
            simulated: Whether simulated guests are looked at: in a demo only.
            clock: Now, aware.
        """
        self._lake = lake
        self._table = table
        self._days = days
        self._records = records
        self._pages = pages_url.rstrip("/")
        self._simulated = simulated
        self._clock = clock
        self._version: int | None = None
        self._told: set[str] | None = None

    def __call__(self) -> None:
        """Look once."""
        try:
            version = self._lake.version(self._table)
            if version is None or version == self._version:
                return
            now = self._clock()
            days = [business_day(now) - timedelta(days=back) for back in range(self._days)]
            with self._lake.snapshot(self._table, days=days) as snapshot:
                self._tell_news(snapshot, days=days, now=now)
            self._version = version
        except (PilotError, OSError) as error:
            _log.error("a table cannot be looked at", table=self._table.name, reason=type(error).__name__)

    @property
    def told(self) -> set[str]:
        """What was told, by its key; what is told is added."""
        if self._told is None:
            keys = (self._key_of(record) for record in records_of(self._records))
            self._told = {key for key in keys if key is not None}
        return self._told

    def link(self, cafe: str, day: date) -> str:
        """Return the address of a café's day, which is the pages' first and has no path of its own."""
        return f"{self._pages}/?{urlencode({'kafe': cafe, 'dag': day.isoformat()})}"

    @abstractmethod
    def _tell_news(self, snapshot: Snapshot, *, days: list[date], now: datetime) -> None:
        """Tell what is in the days and was not told; written first, for told twice is better than not at all."""

    @abstractmethod
    def _key_of(self, record: dict[str, Any]) -> str | None:
        """Return the key of a record that was told; None for one of another kind."""
