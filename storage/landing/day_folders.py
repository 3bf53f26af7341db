"""Caches the fingerprints of the landing's day folders: unchanged folders are not listed again."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from storage.landing.segments import fingerprint

# Modification times have a resolution of up to two seconds: a folder may gain a file in the second in which it was
# listed, without a new time.
SETTLED_AFTER_SECONDS = 60.0


class DayFolders:
    """A cache of day folders' fingerprints; one for each process."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[int, str | None]] = {}

    def fingerprint(self, folder: Path, *, wall_clock: Callable[[], float]) -> str | None:
        """Return the fingerprint of the segments in a folder; None if it has none.

        Args:
            folder: The day's folder; a segment added or removed changes its modification time.
            wall_clock: Now, in seconds since 1970, by the clock of the folder's file system.
        """
        try:
            # Read before listing: a file added meanwhile makes the folder newer than the cached time.
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
    """Return the sorted names of a folder's entries; empty if it is missing or not a folder."""
    try:
        with os.scandir(folder) as found:
            return sorted(entry.name for entry in found)
    except (FileNotFoundError, NotADirectoryError):
        return []
