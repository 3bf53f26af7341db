"""Pre-flight checks of the machine: memory, cores, disk, inodes, clock."""

from __future__ import annotations

import os
from pathlib import Path

import ntplib
import psutil

from operations.checks.finding import Finding, judged, not_applicable

GIBIBYTE = 2**30
LEAST_RAM_GB = 8
RAM_KEPT_BY_FIRMWARE = 0.06  # A host sold with 8 GB shows a little less.
LEAST_CORES = 4
LEAST_DISK_GB = 100
DISK_KEPT_BY_FORMAT = 0.08  # Partitions and the file system's own blocks.
LEAST_FREE_SHARE = 0.20  # The alert of the disk is at 80 % used.
LEAST_FREE_INODES = 0.10
MOST_CLOCK_OFFSET_SECONDS = 0.5
TIME_SECONDS = 3.0
TIME_PORT = 123


def ram() -> Finding:
    """Compare the machine's memory with the required one."""
    found = psutil.virtual_memory().total / GIBIBYTE
    return judged(
        "ram",
        ok=found >= LEAST_RAM_GB * (1 - RAM_KEPT_BY_FIRMWARE),
        found=f"{found:.1f} GB",
        required=f"{LEAST_RAM_GB} GB",
        remedy="Choose a larger host.",
    )


def cores() -> Finding:
    """Compare the cores that this process may use with the required number."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return judged(
        "cores", ok=found >= LEAST_CORES, found=f"{found}", required=f"{LEAST_CORES}", remedy="Choose a larger host."
    )


def disk(place: Path) -> Finding:
    """Compare the size and the free share of the disk under `place` with the required ones."""
    usage = psutil.disk_usage(str(_existing(place)))
    free = usage.free / usage.total
    large_enough = usage.total >= LEAST_DISK_GB * 1e9 * (1 - DISK_KEPT_BY_FORMAT)
    return judged(
        "disk",
        ok=large_enough and free >= LEAST_FREE_SHARE,
        found=f"{usage.total / 1e9:.0f} GB, {free:.0%} free ({place})",
        required=f"{LEAST_DISK_GB} GB, {LEAST_FREE_SHARE:.0%} free",
        remedy="Put PILOT_HOME on a larger disk." if not large_enough else "Free space, or enlarge the disk.",
    )


def inodes(place: Path) -> Finding:
    """Compare the free share of inodes under `place` with the required one."""
    required = f"{LEAST_FREE_INODES:.0%} free"
    found = os.statvfs(_existing(place))
    if found.f_files == 0:
        return not_applicable("inodes", "this file system has no fixed number of inodes", required=required)
    free = found.f_favail / found.f_files
    return judged(
        "inodes",
        ok=free >= LEAST_FREE_INODES,
        found=f"{free:.0%} free",
        required=required,
        remedy="Remove folders of many small files, or format with more inodes.",
    )


def clock(server: str) -> Finding:
    """Compare this host's clock with a time server.

    Args:
        server: Host, with a port if it is not 123.
    """
    host, _, port = server.partition(":")
    required = f"within {MOST_CLOCK_OFFSET_SECONDS:g} s of {host}"
    try:
        answer = ntplib.NTPClient().request(host, port=int(port or TIME_PORT), version=4, timeout=TIME_SECONDS)
    except (ntplib.NTPException, OSError) as error:
        return judged(
            "clock",
            ok=False,
            found=f"{host} does not answer ({type(error).__name__})",
            required=required,
            remedy="Allow UDP port 123 outwards, or set PILOT_TIME_SERVER to a server that answers.",
        )
    offset = float(answer.offset)
    return judged(
        "clock",
        ok=abs(offset) <= MOST_CLOCK_OFFSET_SECONDS,
        found=f"{abs(offset):.3f} s {'slow' if offset > 0 else 'fast'}",
        required=required,
        remedy="Synchronise the clock: `timedatectl set-ntp true`.",
    )


def _existing(place: Path) -> Path:
    """Return the nearest folder that exists: the home may not be there yet."""
    return next(each for each in (place, *place.parents) if each.exists())
