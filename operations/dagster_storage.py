"""Makes Dagster's databases, alone: processes that make them at the same moment leave them unusable.

python -m operations.dagster_storage FOLDER

Each stamps an empty database with its revision; two stamps are two heads, and from then on no sensor can be read.
"""

from __future__ import annotations

import sys
from pathlib import Path

LAST_MADE = Path("schedules") / "schedules.db"


def is_made(dagster_home: Path) -> bool:
    """Return whether the databases are there."""
    return (dagster_home / LAST_MADE).exists()


def main() -> None:
    """Make them."""
    from dagster import DagsterInstance

    with DagsterInstance.from_config(sys.argv[1]):
        pass


if __name__ == "__main__":
    main()
