"""DuckDB as the pilot opens it: in memory alone, since what it would spill to a disk is guests' words in the clear."""

from __future__ import annotations

import threading

import duckdb

_opening = threading.Lock()
_shared: duckdb.DuckDBPyConnection | None = None


def in_memory() -> duckdb.DuckDBPyConnection:
    """Return a connection that never writes a file; what does not fit in memory fails instead.

    DuckDB spills to `.tmp` of the working folder by default, which no erasure reaches, and leaves it there when it is
    killed; it cannot encrypt what it spills without an extension that is fetched over the network.
    """
    # Files of the lake are read once and never change: a cache of them would only hold words of guests.
    connection = duckdb.connect(":memory:", config={"temp_directory": "", "enable_external_file_cache": "false"})
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def session() -> duckdb.DuckDBPyConnection:
    """Return a session of the one engine that this process shares, for any thread; close it when it is done with.

    An engine takes twenty times as long to start as a session of it, and a rebuild reads fifty times. What a session
    makes as TEMP, or registers, no other one sees; most settings are the engine's, so none is to be changed.
    """
    global _shared
    with _opening:
        if _shared is not None:
            try:
                return _answering(_shared)
            except duckdb.Error:
                pass  # A defect of DuckDB's own ends its engine for good; the next one knows nothing of it.
        _shared = in_memory()
        return _answering(_shared)


def _answering(engine: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    opened = engine.cursor()
    # A table that was not asked for is an error, not a Python variable of that name.
    opened.execute("SET TimeZone = 'UTC'; SET python_enable_replacements = false")
    return opened
