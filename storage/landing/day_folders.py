"""The landing's day folders as they were last listed: a folder that did not change since is not listed again."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from storage.landing.segments import fingerprint

# A folder's time of change moves in ticks, of two seconds on the coarsest file systems: what was listed within the
# same tick may have gained a file since without looking younger.
SETTLED_AFTER_SECONDS = 60.0


class DayFolders:
    """Remembers the fingerprints of day folders; one for each process, whoever looks."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[int, str | None]] = {}

    def fingerprint(self, folder: Path, *, wall_clock: Callable[[], float]) -> str | None:
        """Return one text for the segments in a folder; None where it has none.

        Args:
            folder: The day's folder; every segment that comes or goes changes its time.
            wall_clock: Now, in seconds since 1970, by the clock of the folder's file system.
        """
        try:
            # Before it is listed: what comes meanwhile makes it younger than what is remembered.
            changed = folder.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        known = self._known.get(folder)
        if known is not None and known[0] == changed:
            return known[1]
        listed = wall_clock()
        files = [file for file in entries(folder) if file.endswith(".ndjson")]
        found = fingerprint(files) if files else None
        if listed - changed / 1e9 > SETTLED_AFTER_SECONDS:
            self._known[folder] = (changed, found)
        return found


def entries(folder: Path) -> Sequence[str]:
    """Return the sorted names of what lies in a folder; none where it is none."""
    try:
        with os.scandir(folder) as found:
            return sorted(entry.name for entry in found)
    except (FileNotFoundError, NotADirectoryError):
        return []
