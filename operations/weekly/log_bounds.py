"""Whether the services' logs keep their bounds of size and age; files past them are removed."""

from __future__ import annotations

from datetime import datetime

from operations.checks.finding import Finding, judged
from operations.log_lines import log_files, services
from operations.supervisor.logs import KEPT_DAYS, KEPT_FILES, LARGEST_BYTES, SECONDS_A_DAY
from operations.system import LOGS_FOLDER
from storage.home import Home

NAME = "logs"
MOST_BYTES = (KEPT_FILES + 1) * LARGEST_BYTES


def rotate_logs(home: Home, *, now: datetime) -> Finding:
    """Remove rotated files past their age, as a process does that writes; judge what is left.

    A process that writes nothing rotates nothing, so its old files are removed here.

    Args:
        home: The home.
        now: The current time, UTC.
    """
    folder = home.root / LOGS_FOLDER
    oldest = int(now.timestamp() // SECONDS_A_DAY) - KEPT_DAYS
    removed, kept_days, large = 0, 0, []
    for service in services(folder) if folder.is_dir() else []:
        total = 0
        for path in log_files(folder, service):
            day = int(path.stat().st_mtime // SECONDS_A_DAY)
            if day <= oldest and path.suffix != ".log":
                path.unlink()
                removed += 1
                continue
            total += path.stat().st_size
            kept_days = max(kept_days, int(now.timestamp() // SECONDS_A_DAY) - day)
        if total > MOST_BYTES:
            large.append(service)
    return judged(
        NAME,
        ok=not large and kept_days <= KEPT_DAYS,
        found=f"{removed} files removed, the oldest is {kept_days} days old"
        + (f", too large: {', '.join(large)}" if large else ""),
        required=f"at most {KEPT_DAYS} days and {MOST_BYTES // 1024 // 1024} MiB a service",
        remedy="Restart the service that writes it: `pilot restart SERVICE`.",
    )
