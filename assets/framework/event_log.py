"""Lets a process reuse its connections to Dagster's event log in SQLite.

Dagster 1.13 makes an engine, a connection and a compilation of the statement for each of the 1 500 statements of a
rebuild: a third of its CPU seconds. Its lock already admits one statement at a time, so one connection for each file is
enough. PostgreSQL's event log has a pool of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dagster._core.storage.event_log.sqlite import sqlite_event_log
from sqlalchemy import Connection, Engine, StaticPool, create_engine

LOG = sqlite_event_log.SqliteEventLogStorage
INDEX = sqlite_event_log.INDEX_SHARD_NAME
BUSY_SECONDS = 30  # Dagster's own time limit for a locked file
DAGSTERS_OWN = LOG._connect
ENGINES = "_pilot_engines"  # on the storage: connections end with it


def reuse_connections() -> None:
    """Replace the way in which every event log of this process connects."""
    LOG._connect = _connect  # type: ignore[method-assign, assignment]


@contextmanager
def _connect(log: Any, shard: str) -> Iterator[Connection]:
    with log._db_lock:
        engine = _engine(log, shard)
        if shard not in log._initialized_dbs:
            log._initdb(engine)
            log._initialized_dbs.add(shard)
        with engine.connect() as connection, connection.begin():
            yield connection


def _engine(log: Any, shard: str) -> Engine:
    """Return the engine of a file; the index of all runs and the file of the last run stay open."""
    engines: dict[str, Engine] = log.__dict__.setdefault(ENGINES, {})
    if shard not in engines:
        for other in [name for name in engines if INDEX not in (name, shard)]:
            engines.pop(other).dispose()
        engines[shard] = create_engine(
            log.conn_string_for_shard(shard),
            poolclass=StaticPool,
            connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        )
    return engines[shard]
