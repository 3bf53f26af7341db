"""A process with a full disk: by a limit on its files, or on a small file system of its own.

`python -m tests.storage.landing.full_disk limit|tmpfs LAKE` tries a write that does not fit, looks at what was there, makes room,
writes again, and says what came of it.
"""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
from polars.testing import assert_frame_equal

from storage.errors import LakeFull
from storage.lake import Lake, polars_schema
from tests.storage.lake_rows import DAY, VISITS, visits

FRAME_ROWS = 60_000  # more than fits, however well they are packed
LIMIT_BYTES = 128 * 1024
SMALL_DISK = "384k"
LARGER_DISK = "64m"


def full_frame() -> pl.DataFrame:
    """Return a day that needs more space than there is."""
    shares = np.random.default_rng(7).random(FRAME_ROWS)
    frame = visits(DAY, count=FRAME_ROWS).with_columns(share=pl.Series(shares))
    return frame.select(list(polars_schema(VISITS))).sort("cafe", "visit")


def _limit() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write fails instead
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT_BYTES, resource.RLIM_INFINITY))


def _lift() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def main(how: str, location: str) -> str:
    """Run it and return what came of it."""
    folder = Path(location)
    if how == "tmpfs":
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "none", str(folder)], check=True)
        Lake(location).replace_partition(VISITS, DAY, visits(DAY, count=40), commit={})
    lake = Lake(location)
    before = lake.read(VISITS)
    if how == "limit":
        _limit()
    try:
        lake.replace_partition(VISITS, DAY, full_frame(), commit={})
    except LakeFull as full:
        result = type(full).__name__
        assert "Free space" in str(full)
        assert full.retryable
    else:
        return "it fitted"
    assert_frame_equal(lake.read(VISITS), before)
    if how == "limit":
        _lift()
    else:
        subprocess.run(["mount", "-o", f"remount,size={LARGER_DISK}", str(folder)], check=True)
    lake.replace_partition(VISITS, DAY, full_frame(), commit={})
    assert_frame_equal(lake.read(VISITS, days=[DAY]), full_frame())
    return f"{result}, then the same rows"


if __name__ == "__main__":
    sys.stdout.write(main(*sys.argv[1:]))
