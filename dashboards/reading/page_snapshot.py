"""One snapshot of the lake for one render of a page, opened only if something is not in the cache."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pilot.errors import PilotError
from pilot.tables import Table

if TYPE_CHECKING:
    import polars as pl

    from storage.lake import Lake, Snapshot

CACHE_TTL_SECONDS = 600
CACHE_ENTRIES = 200

Key = tuple[str, tuple[tuple[str, int | None], ...]]


class UnreadableTable(PilotError):
    """A table of the lake cannot be read.

    Attributes:
        table: Its name; empty where no single table is at fault.
        kind: The class of the error beneath. Never its text, which may hold a guest's words.
    """

    def __init__(self, table: str, *, kind: str) -> None:
        super().__init__(
            f"The table {table or 'of the lake'} cannot be read ({kind}).",
            remedy="Rebuild its days from the landing: materialize it in Dagster.",
        )
        self.table = table
        self.kind = kind


class PageSnapshot:
    """A context manager around one `Lake.snapshot`; `key` is what caches are keyed by.

    Args:
        lake: The lake.
        tables: What the page reads.
        place: The home's path: two homes never share a cache entry.
    """

    def __init__(self, lake: Lake, *tables: Table, place: str) -> None:
        self._lake = lake
        self._tables = tables
        self._stack = ExitStack()
        self._snapshot: Snapshot | None = None
        self.key: Key = (place, tuple((table.name, self._version(table)) for table in tables))

    @property
    def never_written(self) -> bool:
        """Return whether none of the tables has ever been written."""
        return all(version is None for _, version in self.key[1])

    def sql(self, query: str, parameters: Sequence[Any] = ()) -> pl.DataFrame:
        """Return the query's rows.

        Raises:
            UnreadableTable: a table's files are missing or damaged.
        """
        try:
            if self._snapshot is None:
                self._snapshot = self._stack.enter_context(self._lake.snapshot(*self._tables))
            return self._snapshot.sql(query, parameters)
        except Exception as error:
            raise UnreadableTable(self._damaged(), kind=type(error).__name__) from error

    def __enter__(self) -> PageSnapshot:
        """Return itself; nothing is opened yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the snapshot if one was opened."""
        self._stack.close()

    def _version(self, table: Table) -> int | None:
        try:
            return self._lake.version(table)
        except Exception as error:
            raise UnreadableTable(table.name, kind=type(error).__name__) from error

    def _damaged(self) -> str:
        """Return the first table of which not every column can be read; only asked once something failed."""
        for table in self._tables:
            try:
                with self._lake.snapshot(table) as snapshot:
                    snapshot.sql(f"select {', '.join(f'count({name})' for name in table.names)} from {table.name}")  # noqa: S608
            except Exception:
                return table.name
        return ""
