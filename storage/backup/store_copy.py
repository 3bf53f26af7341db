"""Copies the store consistently while others write (SQLite's backup or pg_dump), and restores it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, inspect, make_url

from storage.errors import StorageError
from storage.store.engine import Store, make_engine

SQLITE_COPY = "store.sqlite"
POSTGRESQL_COPY = "store.pgdump"
DUMP_SECONDS = 1800
SYSTEM_BINARIES = Path("/usr/lib/postgresql")


class StoreNotCopied(StorageError):
    """The store could not be copied or restored."""


def copy_store(store: Store, folder: Path) -> Path:
    """Copy the store into a folder and return the copy's path.

    Raises:
        StoreNotCopied: the copy failed, or is damaged.
    """
    if store.engine.dialect.name == "postgresql":
        return _dump(store.engine.url, folder / POSTGRESQL_COPY)
    path = folder / SQLITE_COPY
    database = store.engine.url.database
    assert database is not None
    try:
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(path)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")
        check_sqlite(path)
    except sqlite3.Error as error:
        raise StoreNotCopied(
            f"The store cannot be copied ({type(error).__name__}).", remedy="See `pilot health`; check the disk."
        ) from None
    return path


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


def _dump(url: URL, path: Path) -> Path:
    _run("pg_dump", url, "--format=custom", "--no-owner", "--file", str(path), _name(url))
    return path


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
