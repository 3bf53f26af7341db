"""Time of the auditor over large books: every fact, over a given number of rewards.

    .venv/bin/python -m benchmarks.money.auditor [--rewards 100000] [--store URL] [--json]

The rewards have live vouchers; nothing was claimed or paid. The store is a new SQLite file unless one is named.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from storage.store.connect import open_store
from storage.store.engine import sqlite_url
from storage.store.ledger.auditor import FACTS, audit_money

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.payouts.test_growing import fill
from tests.payouts.world import START


def main() -> None:
    """Fill the books, audit them once, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rewards", type=int, default=100_000)
    parser.add_argument("--store", default="", help="an empty database's address, as in PILOT_STORE_URL")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(options.store or sqlite_url(Path(folder) / "store.sqlite"), now=lambda: START)
        fill(store, options.rewards)
        begun, worked = time.perf_counter(), time.process_time()
        found = audit_money(store)
        result = {
            "rewards": options.rewards,
            "facts": len(FACTS),
            "seconds": round(time.perf_counter() - begun, 1),
            "cpu_seconds": round(time.process_time() - worked, 1),
            "found": len(found),
        }
        store.close()
    print(json.dumps(result) if options.json else "\n".join(f"{name}: {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
