"""A rebuild that is killed while it writes one table: the child process of `prove_rerun`.

python -m benchmarks.platform.dying_run HOME DAY TABLE MOMENT
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl

from assets.by_hand.materializing import plan_runs
from assets.by_hand.running import open_instance, run_in_process
from benchmarks.platform.prove_rerun import opened
from pilot.lake_tables.columns import Table
from storage.day_parts import DayParts
from storage.lake import Lake

# Before the write; while it is under way, from another thread; after the commit, before anyone is told.
MOMENTS = ("before", "during", "after")
INTO_THE_WRITE_SECONDS = 0.004


def die() -> None:
    """Be killed, without a word."""
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Run until killed."""
    home, day, name, moment = sys.argv[1], date.fromisoformat(sys.argv[2]), sys.argv[3], sys.argv[4]
    # What a whole day and a day in parts are both written by.
    write = Lake._replace

    def deadly(self: Lake, table: Table, of: date, rows: Callable[[], pl.DataFrame | DayParts], **others: Any) -> int:
        if table.name != name:
            return write(self, table, of, rows, **others)
        if moment == "before":
            die()
        if moment == "during":
            threading.Timer(INTO_THE_WRITE_SECONDS, die).start()
        version = write(self, table, of, rows, **others)
        die()
        return version

    Lake._replace = deadly  # type: ignore[method-assign, assignment]
    there = opened(home)
    with open_instance(there) as instance:
        for part in plan_runs([] if name in REBUILT else [name], days=[day]):
            run_in_process(instance, part, home=there)
    sys.exit("the table was never written")


if __name__ == "__main__":
    from assets.automation.jobs import BY_HAND

    REBUILT = BY_HAND["rebuild"]
    main()
