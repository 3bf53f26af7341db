"""The folder of the home that holds the reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from storage.folders import private_folder

if TYPE_CHECKING:
    from storage.home import Home

REPORTS = "reports"


def reports_folder(home: Home) -> Path:
    """Return the folder, created if it does not exist; readable by nobody else."""
    return private_folder(home.root / REPORTS)
