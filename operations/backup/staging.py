"""Where a restore unpacks, beside the home that it will be; what a killed one left holds words and is swept."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import psutil

PREFIX = ".restoring-"


def staging_of(target: Path) -> Path:
    """Return the folder that this process unpacks a restore of `target` in."""
    return target.parent / f"{PREFIX}{target.name}.{os.getpid()}"


def sweep_staging(folder: Path) -> None:
    """Delete what restores into homes of this folder left that were killed; one under way stays."""
    for path in folder.glob(f"{PREFIX}*"):
        process = path.suffix.removeprefix(".")
        if not process.isdigit() or not psutil.pid_exists(int(process)):
            shutil.rmtree(path, ignore_errors=True)
