"""Creates Dagster's databases before any other process opens them.

    python -m operations.dagster_storage FOLDER

Each process stamps an empty database with its revision; two concurrent stamps make two heads, and every later query
fails.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

RUNS = Path("history") / "runs.db"
AS_SECONDS = "strftime('%s', timestamp)"
SECONDS = 4.0
LAST_CREATED = Path("schedules") / "schedules.db"


def exists(dagster_home: Path) -> bool:
    """Return whether the databases exist."""
    return (dagster_home / LAST_CREATED).exists()


def heartbeat_age(dagster_home: Path, *, now: datetime) -> float | None:
    """Return the seconds since Dagster's daemon last wrote its heartbeat; None if it never did."""
    where = dagster_home / RUNS
    try:
        with closing(sqlite3.connect(f"file:{where}?mode=ro", uri=True, timeout=SECONDS)) as database:
            (latest,) = database.execute(f"SELECT max({AS_SECONDS}) FROM daemon_heartbeats").fetchone()  # noqa: S608
    except sqlite3.Error:
        return None
    return None if latest is None else now.timestamp() - float(latest)


def main() -> None:
    """Create the databases."""
    from dagster import DagsterInstance

    with DagsterInstance.from_config(sys.argv[1]):
        pass


if __name__ == "__main__":
    main()
