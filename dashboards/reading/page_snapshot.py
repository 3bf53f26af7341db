"""One snapshot of the lake for one render of a page; its tables' versions key the caches."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from types import TracebackType
from typing import TYPE_CHECKING, Any

from dashboards.signed_in import AccessChanged
from pilot.errors import PilotError
from pilot.lake_tables.tables import Table
from storage.errors import LakeUnavailable

if TYPE_CHECKING:
    import polars as pl

    from dashboards.entitled_lake import EntitledLake
    from storage.lake import Snapshot

CACHE_TTL_SECONDS = 600
CACHE_ENTRIES = 200

Key = tuple[str, tuple[tuple[str, int | None], ...]]


class UnreadableTable(PilotError):
    """A table of the lake cannot be read.

    Attributes:
        table: Its name; empty if no single table is at fault.
        kind: The class of the cause. Never its text, which may hold a guest's words.
    """

    def __init__(self, table: str, *, kind: str) -> None:
        super().__init__(
            f"The table {table or 'of the lake'} cannot be read ({kind}).",
            remedy="Rebuild its days from the landing: materialize it in Dagster.",
        )
        self.table = table
        self.kind = kind


def versions_key(lake: EntitledLake, *tables: Table) -> Key:
    """Return the cache key of these tables without opening their files.

    Raises:
        UnreadableTable: a table's log is damaged.
        LakeUnavailable: the lake is unreachable for now.
    """
    versions = []
    for table in tables:
        try:
            versions.append((table.name, lake.version(table)))
        except (AccessChanged, LakeUnavailable):
            raise
        except Exception as error:
            raise UnreadableTable(table.name, kind=type(error).__name__) from None
    return lake.key, tuple(versions)


class PageSnapshot:
    """A context manager around one `Lake.snapshot`; `key` is its cache key.

    Args:
        lake: The lake.
        tables: The tables that the page reads.
        days: The days to read: a damaged file of another day does no harm. None for all.

    Raises:
        UnreadableTable: a table's log or files are missing or damaged.
        LakeUnavailable: the lake is unreachable for now.
    """

    def __init__(self, lake: EntitledLake, *tables: Table, days: Collection[date] | None = None) -> None:
        self._lake = lake
        self._days = days
        self._tables = tables
        try:
            self._snapshot: Snapshot = lake.snapshot(*tables, days=days)
        except (AccessChanged, LakeUnavailable):
            raise
        except Exception as error:
            raise self._unreadable(error) from None
        self.key: Key = (lake.key, tuple(self._snapshot.versions.items()))

    def sql(self, query: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> pl.DataFrame:
        """Return the query's rows.

        Raises:
            UnreadableTable: a table's files are missing or damaged.
        """
        try:
            return self._snapshot.sql(query, parameters)
        except Exception as error:
            raise self._unreadable(error) from None

    def __enter__(self) -> PageSnapshot:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Release the snapshot's memory."""
        self._snapshot.close()

    def _unreadable(self, error: Exception) -> UnreadableTable:
        """Return the error for the first table with an unreadable column; called only after a failure."""
        for table in self._tables:
            counted = ", ".join(f'count("{name}")' for name in table.names)
            try:
                with self._lake.snapshot(table, days=self._days) as snapshot:
                    snapshot.sql(f"select {counted} from {table.name}")  # noqa: S608
            except Exception as cause:
                return UnreadableTable(table.name, kind=type(cause).__name__)
        return UnreadableTable("", kind=type(error).__name__)
