"""Inspects a running store: size, write-ahead log, connections, locks and migration."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from storage.store.engine import Store
from storage.store.migrate import HEAD, revision

PROCESSES = Path("/proc")


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """The state of a store.

    Attributes:
        engine: The engine and its version.
        revision: The store's migration.
        head: The program's migration.
        size_bytes: Size of the database, without the write-ahead log.
        wal_bytes: Size of the write-ahead log.
        free_bytes: Space within the database that deleted rows left.
        connections: Connections now; on SQLite, the processes that have the file open.
        most_connections: The server's limit; None on SQLite.
        waiting: Transactions that wait for a lock; on SQLite, 1 if a writer holds it now.
        longest_seconds: Age of the oldest open transaction, in seconds; None if unknown.
        rows: Number of rows of each table; on PostgreSQL, its estimate.
    """

    engine: str
    revision: str
    head: str
    size_bytes: int
    wal_bytes: int
    free_bytes: int
    connections: int
    most_connections: int | None
    waiting: int
    longest_seconds: float | None
    rows: dict[str, int]


def store_status(store: Store) -> StoreStatus:
    """Return the state of a store.

    Raises:
        StoreAway: it does not answer.
        StoreUnusable: its file is damaged.
    """
    return _postgresql(store) if store.engine.dialect.name == "postgresql" else _sqlite(store)


def _sqlite(store: Store) -> StoreStatus:
    database = Path(str(store.engine.url.database))
    wal = Path(f"{database}-wal")
    with store.reading() as connection:
        pragma = {
            name: int(connection.execute(text(f"PRAGMA {name}")).scalar_one())
            for name in ("page_size", "page_count", "freelist_count")
        }
        found = revision(connection) or ""
        rows = _rows(connection)
    return StoreStatus(
        engine=f"SQLite {sqlite3.sqlite_version}",
        revision=found,
        head=HEAD,
        size_bytes=pragma["page_size"] * pragma["page_count"],
        wal_bytes=wal.stat().st_size if wal.exists() else 0,
        free_bytes=pragma["page_size"] * pragma["freelist_count"],
        connections=_processes_with(database),
        most_connections=None,
        waiting=int(_is_locked(database)),
        longest_seconds=None,
        rows=rows,
    )


def _postgresql(store: Store) -> StoreStatus:
    with store.reading() as connection:
        version, size, connections, most, waiting, longest, dead = connection.execute(
            text("""
                SELECT current_setting('server_version'), pg_database_size(current_database()),
                    (SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()),
                    current_setting('max_connections')::int,
                    (SELECT COUNT(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND wait_event_type = 'Lock'),
                    (SELECT EXTRACT(EPOCH FROM MAX(now() - xact_start)) FROM pg_stat_activity
                        WHERE datname = current_database() AND pid <> pg_backend_pid()),
                    (SELECT COALESCE(SUM(c.relpages::bigint * 8192 * s.n_dead_tup
                            / GREATEST(s.n_live_tup + s.n_dead_tup, 1)), 0)
                        FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid)
            """)
        ).one()
        written = connection.execute(text("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")).scalar_one()
        found = revision(connection) or ""
        # The server's own estimate: a count would wait for a table that somebody has locked.
        estimates = connection.execute(text("SELECT relname, n_live_tup FROM pg_stat_user_tables ORDER BY relname"))
        rows = {str(name): int(count) for name, count in estimates}
    return StoreStatus(
        engine=f"PostgreSQL {version}",
        revision=found,
        head=HEAD,
        size_bytes=int(size),
        wal_bytes=int(written),
        free_bytes=int(dead),
        connections=int(connections),
        most_connections=int(most),
        waiting=int(waiting),
        longest_seconds=None if longest is None else float(longest),
        rows=rows,
    )


def _rows(connection: Connection) -> dict[str, int]:
    quote = connection.dialect.identifier_preparer.quote
    names = sorted(inspect(connection).get_table_names())
    return {
        name: int(connection.execute(text(f"SELECT COUNT(*) FROM {quote(name)}")).scalar_one())  # noqa: S608 - a table
        for name in names
    }


def _processes_with(database: Path) -> int:
    """Return the number of this user's processes that have a file open."""
    return sum(str(database) in set(_open_files(folder)) for folder in PROCESSES.glob("[0-9]*/fd"))


def _open_files(folder: Path) -> Iterator[str]:
    with suppress(OSError):  # The process ended, or is another user's.
        for link in list(folder.iterdir()):
            with suppress(OSError):  # The file was closed.
                yield str(link.readlink())


def _is_locked(database: Path) -> bool:
    with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        connection.execute("ROLLBACK")
        return False
