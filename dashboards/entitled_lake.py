"""The lake as one principal may see it: every reading of the pages goes through it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from typing import TYPE_CHECKING

from pilot.access import Principal
from pilot.lake_tables.tables import Table

if TYPE_CHECKING:
    from storage.lake import Lake, Snapshot


class EntitledLake:
    """Opens snapshots that hold no row of another café, and confirms the sign-in each time.

    Attributes:
        key: The part of a cache key for the home and the cafés: nothing cached for one principal is shown to another
            with other cafés.
    """

    def __init__(self, lake: Lake, principal: Principal, *, home_key: str, confirm: Callable[[], None]) -> None:
        """Wrap a lake.

        Args:
            lake: The lake.
            principal: The principal.
            home_key: The home's path.
            confirm: Raises AccessChanged if the principal is no longer the same.
        """
        self._lake = lake
        self._cafes = principal.cafes
        self._confirm = confirm
        self.key = f"{home_key}|{'*' if self._cafes is None else ','.join(sorted(self._cafes))}"

    def snapshot(self, *tables: Table, days: Collection[date] | None = None) -> Snapshot:
        """Return a snapshot of tables; a table without a café is empty for a principal of some cafés.

        Raises:
            AccessChanged: the sign-in has ended, or the account was changed.
        """
        self._confirm()
        return self._lake.snapshot(*tables, days=days, cafes=self._cafes)

    def version(self, table: Table) -> int | None:
        """Return the table's version; None if it was never written."""
        self._confirm()
        return self._lake.version(table)

    def bytes_by_day(self, table: Table) -> dict[date, int]:
        """Return the bytes of each day's files."""
        self._confirm()
        return self._lake.bytes_by_day(table)
