"""Measures each process of a running pilot against the runbook's host of 8 GB and 4 cores.

    python -m benchmarks.capacity --home FOLDER [--seconds 60]

Samples once a second: the highest resident memory and the mean CPU of each service, its children included. CPU is in
cores: 0.5 is half of one. Run it while guests talk, for example `pilot journey aurora`, or `pilot load-test`.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import psutil

from operations.doctor.capacity import MEBIBYTE, SERVICE_MEBIBYTES, SPARE
from operations.service_usage import MEASURED_SECONDS, service_usage
from operations.system import RUN_FOLDER

HOST_MEBIBYTES, HOST_CORES = 8 * 1024, 4
PERCENT_A_CORE = 100


def measure(run_folder: Path, *, seconds: float) -> dict[str, tuple[float, float]]:
    """Return the highest memory in MiB and the mean CPU in cores of each service.

    Args:
        run_folder: Where the supervisor records its processes.
        seconds: How long.
    """
    highest: dict[str, float] = {}
    cpu: dict[str, list[float]] = {}
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for name, usage in service_usage(run_folder).items():
            highest[name] = max(highest.get(name, 0.0), usage.memory_mib)
            cpu.setdefault(name, []).append(usage.cpu_percent / PERCENT_A_CORE)
        time.sleep(1 - MEASURED_SECONDS)
    return {name: (highest[name], sum(cpu[name]) / len(cpu[name])) for name in highest}


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    found = measure(given.home / RUN_FOLDER, seconds=given.seconds)
    if not found:
        raise SystemExit(f"Nothing runs on {given.home}: start it with `pilot run`.")
    print("| process | highest MiB | budget MiB | mean cores |\n|---|---:|---:|---:|")
    for name, (memory, cores) in found.items():
        print(f"| {name} | {memory:.0f} | {SERVICE_MEBIBYTES.get(name, '')} | {cores:.2f} |")
    memory, cores = (sum(each[at] for each in found.values()) for at in (0, 1))
    print(f"| all | {memory:.0f} | {sum(SERVICE_MEBIBYTES.values())} | {cores:.2f} |")
    print(
        f"\n{memory:.0f} MiB of {HOST_MEBIBYTES * SPARE:.0f} (85 % of 8 GB) and {cores:.2f} of {HOST_CORES} cores; "
        f"measured in {given.seconds:g} s on {psutil.cpu_count()} cores and "
        f"{psutil.virtual_memory().total / MEBIBYTE:.0f} MiB, load {psutil.getloadavg()[0]:.1f}."
    )


if __name__ == "__main__":
    main()
