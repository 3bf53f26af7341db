"""Opens DuckDB in memory only, because a spill to disk would contain guests' words unencrypted."""

from __future__ import annotations

import threading

import duckdb

_opening = threading.Lock()
_shared: duckdb.DuckDBPyConnection | None = None


def in_memory() -> duckdb.DuckDBPyConnection:
    """Return a connection that never writes a file; a query that does not fit in memory fails.

    DuckDB spills to `.tmp` in the working folder by default, which no erasure reaches and which outlives a killed
    process. It cannot encrypt a spill without an extension that is fetched over the network.
    """
    # Files of the lake are read once: a cache would only retain guests' words.
    connection = duckdb.connect(":memory:", config={"temp_directory": "", "enable_external_file_cache": "false"})
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def session() -> duckdb.DuckDBPyConnection:
    """Return a session of the engine that this process shares. Close it after use.

    An engine takes twenty times as long to start as a session, and a rebuild reads fifty times. TEMP objects and
    registered frames are private to a session; most settings belong to the engine, so do not change them.
    """
    global _shared
    with _opening:
        if _shared is not None:
            try:
                return _new_session(_shared)
            except duckdb.Error:
                pass  # A fatal error invalidates the engine for good; open another.
        _shared = in_memory()
        return _new_session(_shared)


def _new_session(engine: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    opened = engine.cursor()
    # An unknown table is an error, not a Python variable of that name.
    opened.execute("SET TimeZone = 'UTC'; SET python_enable_replacements = false")
    return opened
