"""The copy of a PostgreSQL store as the watch makes it, beside `pg_basebackup`, by the store's size.

    .venv/bin/python -m benchmarks.platform.postgresql_copy [--megabytes 10,108,500]

The watch copies a changed store every 30 s, so at most a minute is lost as long as a copy takes less than 30 s. Each
size is copied three times; the middle time counts. `pg_basebackup` is the first step of streaming the log, which only
a server of one's own permits.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT))

from sqlalchemy import insert  # noqa: E402

from operations.backup.schedule import COPY_SECONDS  # noqa: E402
from storage.backup.store_copy import copy_store  # noqa: E402
from storage.store.connect import open_store  # noqa: E402
from storage.store.engine import Store  # noqa: E402
from storage.store.schemas.core import audit_log  # noqa: E402
from tests.postgresql import Cluster, running_cluster  # noqa: E402

ROWS_AT_ONCE = 5_000
ROW_BYTES = 1000
TIMES = 3


def fill(store: Store, *, megabytes: int) -> None:
    """Lengthen the audit log by rows that hardly compress."""
    for _ in range(max(1, megabytes * 1_000_000 // (ROW_BYTES * ROWS_AT_ONCE))):
        rows = [
            {
                "at": datetime.now(UTC), "actor": "benchmark", "action": "note.write", "subject": "benchmark",
                "reason": os.urandom(ROW_BYTES // 2).hex(), "details": {},
            }
            for _ in range(ROWS_AT_ONCE)
        ]  # fmt: skip
        with store.begin() as connection:
            connection.execute(insert(audit_log), rows)


def middle_seconds(work: Callable[[Path], object]) -> float:
    """Return the middle time of three tries, each in a folder of its own."""
    found = []
    for _ in range(TIMES):
        with tempfile.TemporaryDirectory(prefix="copy-") as folder:
            started = time.monotonic()
            work(Path(folder))
            found.append(time.monotonic() - started)
    return statistics.median(found)


def base_backup(cluster: Cluster, folder: Path) -> None:
    """Copy the whole cluster as `pg_basebackup` does."""
    subprocess.run(
        [cluster.binaries / "pg_basebackup", "-h", "127.0.0.1", "-p", str(cluster.port), "-U", "pilot",
         "--checkpoint=fast", "-D", folder / "base"],
        check=True, capture_output=True,
    )  # fmt: skip


def main() -> int:
    """Print the seconds of both by size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--megabytes", default="10,108,500", help="sizes of the store")
    sizes = [int(each) for each in parser.parse_args().megabytes.split(",")]
    print(f"{'MB':>6}{'copy, s':>10}{'pg_basebackup, s':>19}{'ratio':>8}")
    for megabytes in sizes:
        with running_cluster() as cluster:
            store = open_store(cluster.new_database())
            fill(store, megabytes=megabytes)
            copy = middle_seconds(lambda folder, store=store: copy_store(store, folder))
            base = middle_seconds(lambda folder, cluster=cluster: base_backup(cluster, folder))
            store.close()
        late = "" if copy < COPY_SECONDS else f"  longer than the {COPY_SECONDS} s between copies"
        print(f"{megabytes:>6}{copy:>10.1f}{base:>19.1f}{copy / base:>8.1f}{late}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
