"""Opens the store and runs its transactions, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.errors import StoreAway, StoreReadOnly, StoreUnusable
from storage.store import store_metrics

BUSY_SECONDS = 10  # How long a transaction waits for another one, on both engines.
CONNECT_SECONDS = 5
STATEMENT_SECONDS = 30
POOL_SECONDS = 10
WAL_POLL_SECONDS = 0.02

# SQLite's temporary errors; its other operational errors are defects of a query.
_SQLITE_AWAY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL", "SQLITE_READONLY")
_SQLITE_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_READING = "reading"


def now_utc() -> datetime:
    """Return the current time, UTC."""
    return datetime.now(UTC)


class Store:
    """The store of one pilot; safe for threads, and for any number of processes.

    Attributes:
        engine: SQLAlchemy's engine, for the modules of this room.
        now: The clock.
    """

    def __init__(self, engine: Engine, *, now: Callable[[], datetime] = now_utc) -> None:
        self.engine = engine
        self.now = now

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """Run one transaction that may write, immediate on SQLite; commit it, or roll back on an error.

        Raises:
            StoreAway: the store does not answer; nothing was written, unless the answer to the commit was lost.
            StoreUnusable: its file is damaged.
        """
        with _answering(self.engine), _transaction(self.engine) as connection:
            yield connection

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """Run one read-only transaction; on SQLite it waits for no writer.

        Raises:
            StoreAway: the store does not answer.
            StoreUnusable: its file is damaged.
        """
        engine = self.engine.execution_options(**{_READING: True})
        with _answering(self.engine), _transaction(engine) as connection:
            yield connection

    def close(self) -> None:
        """Close the open connections."""
        self.engine.dispose()


class ReadOnlyStore(Store):
    """A store whose transactions cannot write, as during maintenance."""

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """Refuse.

        Raises:
            StoreReadOnly: always.
        """
        raise StoreReadOnly(
            "Nothing can be changed during maintenance.",
            remedy="Try again when it is over: `pilot maintenance status`.",
        )
        yield


def sqlite_url(path: Path) -> URL:
    """Return the URL of a SQLite file, whatever characters its path has."""
    return URL.create("sqlite", database=str(path))


def make_engine(url: str | URL) -> Engine:
    """Return an engine with this room's transaction rules, without connecting."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreUnusable("PILOT_STORE_URL is not an address of a database.", remedy=_URL_REMEDY) from None
    backend = parsed.drivername.split("+")[0]
    if backend in ("postgresql", "postgres"):
        # SQLAlchemy 2.1 uses psycopg 3 for the bare name.
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg2"),
            pool_pre_ping=True,
            pool_timeout=POOL_SECONDS,
            connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "pilot"},
            hide_parameters=True,
        )
        event.listen(engine, "begin", _begin_postgresql)
    elif backend == "sqlite":
        engine = create_engine(
            parsed, connect_args={"timeout": BUSY_SECONDS}, pool_timeout=POOL_SECONDS, hide_parameters=True
        )
        event.listen(engine, "connect", _connect_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        raise StoreUnusable(f"The store cannot be a {backend} database.", remedy=_URL_REMEDY)
    return engine


def serialise(connection: Connection, name: str) -> None:
    """Lock a name until the transaction ends; on SQLite every writing transaction is exclusive anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"pilot:{name}"})


_URL_REMEDY = "Set PILOT_STORE_URL to postgresql+psycopg2://user:password@host/name, or leave it empty for SQLite."


def _connect_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # `_begin_sqlite` begins transactions, not the driver.
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        deadline = time.monotonic() + BUSY_SECONDS
        # The change to WAL does not wait for other processes, and happens once in a file's life.
        while cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            try:
                cursor.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(WAL_POLL_SECONDS)
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA secure_delete = ON")  # Overwrite deleted content.
    finally:
        cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get(_READING)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    # Local to the transaction: a pooler shares connections.
    connection.exec_driver_sql(
        f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'; SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'"
    )


@contextlib.contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    """Run one transaction, and time the wait for its connection."""
    began = time.perf_counter()
    with engine.connect() as connection:
        store_metrics.time_wait(time.perf_counter() - began)
        with connection.begin():
            yield connection


@contextlib.contextmanager
def _answering(engine: Engine) -> Iterator[None]:
    try:
        yield
    except PoolTimeout:
        store_metrics.count_trouble("pool_exhausted")
        raise StoreAway("The store's connections are all in use.", remedy="Try again in a moment.") from None
    except DBAPIError as error:
        named = str(getattr(error.orig, "sqlite_errorname", ""))
        if named.startswith(_SQLITE_DAMAGED):
            raise StoreUnusable(
                f"The store's file {engine.url.database} is damaged ({named}).",
                remedy="Stop the processes and put back the latest backup.",
            ) from None
        away = isinstance(error, OperationalError | InterfaceError) and engine.dialect.name == "postgresql"
        if away or error.connection_invalidated or named.startswith(_SQLITE_AWAY):
            store_metrics.count_trouble(store_metrics.trouble_of(type(error.orig).__name__, sqlite_error=named))
            cause = named or type(error.orig).__name__
            raise StoreAway(
                f"The store does not answer ({cause}).",
                remedy="Check PILOT_STORE_URL, and that the database runs and its disk has space.",
            ) from None
        raise
