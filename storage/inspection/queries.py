"""Times the store's heavy queries, reads those that PostgreSQL has recorded; optimizes a store."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Executable, text
from sqlalchemy.exc import DBAPIError

from storage.store.engine import Store
from storage.store.ledger.auditor import QUERIES as MONEY_QUERIES
from storage.store.schemas.core import audit_log

SHOWN_CHARACTERS = 120
RECORDED = 20
# A statement of a running session contains its values; numbers and texts are replaced.
VALUES = re.compile(r"'(?:[^']|'')*'|\b\d[\d.]*\b")


@dataclass(frozen=True, slots=True)
class TimedQuery:
    """One query and its time.

    Attributes:
        name: What it is for, or its statement without values.
        source: timed (now, by this command), recorded (mean, by pg_stat_statements) or running (until now).
        milliseconds: Its time.
        calls: How often it has run; 1 unless recorded.
    """

    name: str
    source: str
    milliseconds: float
    calls: int = 1


@dataclass(frozen=True, slots=True)
class Optimization:
    """The numbers of a store before or after an optimization.

    Attributes:
        milliseconds: Time of all timed queries.
        size_bytes: Size of the database.
        wal_bytes: Size of the write-ahead log.
    """

    milliseconds: float
    size_bytes: int
    wal_bytes: int


def timed_queries(store: Store, *, timer: Callable[[], float] = time.perf_counter) -> list[TimedQuery]:
    """Run the store's heavy queries, those of the money's audit and of the audit log, and time each.

    Raises:
        StoreAway: the store does not answer.
    """
    latest: Executable = audit_log.select().order_by(audit_log.c.id.desc()).limit(100)
    queries: list[tuple[str, Executable]] = [*MONEY_QUERIES.items(), ("the latest lines of the audit log", latest)]
    found = []
    with store.reading() as connection:
        for name, query in queries:
            started = timer()
            connection.execute(query).all()
            found.append(TimedQuery(name, "timed", (timer() - started) * 1000))
    return found


def slow_queries(store: Store, *, timer: Callable[[], float] = time.perf_counter) -> list[TimedQuery]:
    """Return timed, recorded and running queries, slowest first.

    Raises:
        StoreAway: the store does not answer.
    """
    found = timed_queries(store, timer=timer)
    if store.engine.dialect.name == "postgresql":
        found += _running(store) + _recorded(store)
    return sorted(found, key=lambda each: each.milliseconds, reverse=True)


def optimize(store: Store, *, vacuum: bool) -> None:
    """Refresh the planner's statistics and shorten the write-ahead log; give space back if asked.

    Args:
        store: The store.
        vacuum: On SQLite, rewrite the file, during which nobody else writes; PostgreSQL frees space for reuse anyway.
    """
    engine = store.engine.execution_options(isolation_level="AUTOCOMMIT")
    statements = ["ANALYZE", "PRAGMA optimize", *(["VACUUM"] if vacuum else []), "PRAGMA wal_checkpoint(TRUNCATE)"]
    if store.engine.dialect.name == "postgresql":
        statements = ["VACUUM (ANALYZE)"]
    connection = engine.raw_connection()
    try:
        if store.engine.dialect.name == "postgresql":
            connection.driver_connection.autocommit = True  # type: ignore[union-attr]
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        cursor.close()
    finally:
        connection.detach()
        connection.close()


def without_values(statement: str) -> str:
    """Return the beginning of a statement with `?` for each of its values."""
    return " ".join(VALUES.sub("?", statement).split())[:SHOWN_CHARACTERS]


def _running(store: Store) -> list[TimedQuery]:
    query = text("""
        SELECT query, EXTRACT(EPOCH FROM now() - query_start) * 1000 FROM pg_stat_activity
        WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid() AND query_start IS NOT NULL
    """)
    with store.reading() as connection:
        return [TimedQuery(without_values(str(each)), "running", float(ms)) for each, ms in connection.execute(query)]


def _recorded(store: Store) -> list[TimedQuery]:
    query = text("""
        SELECT s.query, s.mean_exec_time, s.calls FROM pg_stat_statements s
        JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database()
        ORDER BY s.mean_exec_time DESC LIMIT :count
    """)
    try:
        with store.reading() as connection:
            rows = connection.execute(query, {"count": RECORDED}).all()
    except DBAPIError:  # The extension is not installed: docs/operations/backups.md says how.
        return []
    return [TimedQuery(without_values(str(each)), "recorded", float(ms), int(calls)) for each, ms, calls in rows]
