"""Time of `pilot --help`: `python -m benchmarks.cli_help`. Goal: 0.35 s."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 15
PILOT = Path(sys.executable).with_name("pilot")


def main() -> None:
    seconds = []
    for _ in range(RUNS + 1):
        began = time.perf_counter()
        subprocess.run((PILOT, "--help"), stdout=subprocess.DEVNULL, check=True)
        seconds.append(time.perf_counter() - began)
    warm = sorted(seconds[1:])  # The first one fills the disk's cache.
    print(f"pilot --help: p50 {statistics.median(warm):.3f} s, slowest {warm[-1]:.3f} s of {RUNS} (goal 0.35 s)")


if __name__ == "__main__":
    main()
