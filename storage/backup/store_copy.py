"""Copies the store consistently while others write (SQLite's backup or pg_dump), and restores it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, inspect, make_url, text

from storage.backup.store_contents import StoreContents, postgresql_contents, sqlite_contents
from storage.errors import StorageError
from storage.store.engine import Store, make_engine

SQLITE_COPY = "store.sqlite"
POSTGRESQL_COPY = "store.pgdump"
DUMP_SECONDS = 1800
SYSTEM_BINARIES = Path("/usr/lib/postgresql")


class StoreNotCopied(StorageError):
    """The store could not be copied or restored."""


def copy_store(store: Store, folder: Path) -> tuple[Path, StoreContents]:
    """Copy the store into a folder as of one moment; return the copy's path and its contents.

    Raises:
        StoreNotCopied: the copy failed, or is damaged.
        StoreAway: the store does not answer.
    """
    if store.engine.dialect.name == "postgresql":
        return _dump(store, folder / POSTGRESQL_COPY)
    path = folder / SQLITE_COPY
    database = store.engine.url.database
    assert database is not None
    try:
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(path)) as target:
            source.backup(target)  # in one step: in several, each write of others begins it anew
            target.execute("PRAGMA journal_mode = DELETE")
        check_sqlite(path)
        return path, sqlite_contents(path)
    except sqlite3.Error as error:
        raise StoreNotCopied(
            f"The store cannot be copied ({type(error).__name__}).", remedy="See `pilot health`; check the disk."
        ) from None


def change_mark(store: Store) -> str:
    """Return a mark that differs once the store has changed; it may also differ without a change.

    Read it before a copy, so that a change during the copy is found afterwards.

    Raises:
        StoreAway: the store does not answer.
    """
    if store.engine.dialect.name == "postgresql":
        with store.reading() as connection:
            return str(connection.execute(text("SELECT pg_current_wal_lsn()")).scalar_one())
    database = store.engine.url.database
    assert database is not None
    found = []
    for path in (Path(database), Path(f"{database}-wal")):
        status = path.stat() if path.exists() else None
        found.append(f"{status.st_size} {status.st_mtime_ns}" if status else "")
    return " ".join(found)


def contents_of(store: Store) -> StoreContents:
    """Return the contents of a store that nothing writes to.

    Raises:
        StoreAway: the store does not answer.
    """
    if store.engine.dialect.name == "postgresql":
        with store.reading() as connection:
            return postgresql_contents(connection)
    assert store.engine.url.database is not None
    return sqlite_contents(Path(store.engine.url.database))


def check_sqlite(path: Path) -> None:
    """Raise StoreNotCopied unless every page and index of a SQLite file is intact."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        try:
            (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
        except sqlite3.DatabaseError:
            verdict = "not a database"
    if verdict != "ok":
        raise StoreNotCopied("The copy of the store is damaged.", remedy="Use another backup: `pilot backup list`.")


def restore_postgresql(url: str, dump: Path) -> None:
    """Restore a dump into an empty database.

    Raises:
        StoreNotCopied: the database is not empty, or pg_restore fails.
    """
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            tables = inspect(connection).get_table_names()
    finally:
        engine.dispose()
    if tables:
        raise StoreNotCopied(
            f"The database of PILOT_STORE_URL is not empty: it has {len(tables)} tables.",
            remedy="Restore into a new, empty database, and set PILOT_STORE_URL to it.",
        )
    _run(
        "pg_restore",
        make_url(url),
        "--no-owner",
        "--exit-on-error",
        "--single-transaction",
        "-d",
        _name(url),
        str(dump),
    )


def _dump(store: Store, path: Path) -> tuple[Path, StoreContents]:
    url = store.engine.url
    with store.reading() as connection:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        snapshot = str(connection.execute(text("SELECT pg_export_snapshot()")).scalar_one())
        _run("pg_dump", url, "--format=custom", "--no-owner", f"--snapshot={snapshot}", "--file", str(path), _name(url))
        return path, postgresql_contents(connection)


def _name(url: str | URL) -> str:
    return make_url(url).database or "postgres"


def _run(program: str, url: URL, *arguments: str) -> None:
    environment = {**os.environ, "PGPASSWORD": url.password or ""}
    where = ["-h", url.host or "localhost", "-p", str(url.port or 5432), "-U", url.username or "postgres"]
    try:
        done = subprocess.run(
            [_binary(program), *where, *arguments],
            env=environment,
            check=False,
            capture_output=True,
            timeout=DUMP_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StoreNotCopied(f"{program} did not end ({type(error).__name__}).", remedy="See the database.") from None
    if done.returncode != 0:
        # Its error text can quote rows.
        raise StoreNotCopied(
            f"{program} ended with code {done.returncode}.",
            remedy=f"Run {program} by hand to see why; its version must be the server's or newer.",
        )


def _binary(program: str) -> str:
    found = shutil.which(program)
    if found:
        return found
    system = sorted(SYSTEM_BINARIES.glob(f"*/bin/{program}"), key=lambda path: path.parent.parent.name)
    if not system:
        raise StoreNotCopied(f"{program} is not installed.", remedy="Install PostgreSQL's client programs.")
    return str(system[-1])
