"""Creates Dagster's databases before any other process opens them.

    python -m operations.dagster_storage FOLDER

Each process stamps an empty database with its revision; two concurrent stamps make two heads, and every later query
fails.
"""

from __future__ import annotations

import sys
from pathlib import Path

LAST_CREATED = Path("schedules") / "schedules.db"


def exists(dagster_home: Path) -> bool:
    """Return whether the databases exist."""
    return (dagster_home / LAST_CREATED).exists()


def main() -> None:
    """Create the databases."""
    from dagster import DagsterInstance

    with DagsterInstance.from_config(sys.argv[1]):
        pass


if __name__ == "__main__":
    main()
