"""DuckDB as the pilot opens it: in memory alone, since what it would spill to a disk is guests' words in the clear."""

from __future__ import annotations

import duckdb


def in_memory() -> duckdb.DuckDBPyConnection:
    """Return a connection that never writes a file; what does not fit in memory fails instead.

    DuckDB spills to `.tmp` of the working folder by default, which no erasure reaches, and leaves it there when it is
    killed; it cannot encrypt what it spills without an extension that is fetched over the network.
    """
    connection = duckdb.connect(":memory:", config={"temp_directory": ""})
    connection.execute("SET TimeZone = 'UTC'")
    return connection
