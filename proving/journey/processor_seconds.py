"""CPU seconds used by all processes of the running pilot, ended children included."""

from __future__ import annotations

import json
from pathlib import Path

import psutil

from operations.supervisor.supervision import RECORD_NAME


def processor_seconds(run_folder: Path) -> float | None:
    """Return user and system seconds so far, or None if no supervisor runs on this home."""
    try:
        record = json.loads((run_folder / RECORD_NAME).read_text(encoding="utf-8"))
        roots = [psutil.Process(pid) for pid in record["processes"].values()]
        family = {process.pid: process for root in roots for process in (root, *root.children(recursive=True))}
        return sum(_used(process) for process in family.values())
    except (OSError, ValueError, KeyError, psutil.NoSuchProcess):
        return None


def _used(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)
