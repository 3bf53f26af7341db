"""Segments in a folder of this machine."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

from storage.errors import LandingUnavailable
from storage.folders import create_once, private_folder, sync_folder
from storage.landing.segments import SegmentName, checked, fingerprint

STALE_TEMPORARY_SECONDS = 3600  # A half-written file older than this belongs to a process that died.


class FolderSegments:
    """The landing as a folder: `day=YYYY-MM-DD/<segment>`; a file appears whole, on the disk, or not at all."""

    def __init__(self, root: Path, *, wall_clock: Callable[[], float] = time.time) -> None:
        self._root = private_folder(root)
        self._scratch = private_folder(root / ".scratch")
        with os.scandir(self._scratch) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):  # Another process sweeps too.
                    if wall_clock() - entry.stat().st_mtime > STALE_TEMPORARY_SECONDS:
                        Path(entry.path).unlink(missing_ok=True)

    def put(self, name: SegmentName, body: bytes) -> bool:
        """Publish `body`; False where the name is there already."""
        with _reachable(self._root):
            folder = self._root / name.folder
            if not folder.is_dir():
                private_folder(folder)
                sync_folder(self._root)
            return create_once(folder / name.file, body, scratch=self._scratch)

    def list(self, day: date) -> list[SegmentName]:
        """Return the names of a day's segments, sorted."""
        folder = f"day={day.isoformat()}"
        with _reachable(self._root):
            parsed = (SegmentName.parse(f"{folder}/{file}") for file in _entries(self._root / folder))
            return sorted(name for name in parsed if name is not None)

    def read(self, name: SegmentName) -> bytes:
        """Return a segment's bytes, checked against its name."""
        return checked(name, self.read_unchecked(name))

    def read_unchecked(self, name: SegmentName) -> bytes:
        """Return a segment's bytes as they are."""
        with _reachable(self._root):
            return (self._root / name.path).read_bytes()

    def set_aside(self, name: SegmentName) -> None:
        """Move a segment to `damaged/`."""
        with _reachable(self._root):
            folder = private_folder(self._root / "damaged" / name.folder)
            (self._root / name.path).rename(folder / name.file)
            sync_folder(folder)
            sync_folder(self._root / name.folder)

    def fingerprints(self) -> dict[date, str]:
        """Return a text for every day that has segments."""
        found: dict[date, str] = {}
        with _reachable(self._root):
            for folder in _entries(self._root):
                if folder.startswith("day="):
                    files = [file for file in _entries(self._root / folder) if file.endswith(".ndjson")]
                    with contextlib.suppress(ValueError):  # A folder that no replica made.
                        if files:
                            found[date.fromisoformat(folder.removeprefix("day="))] = fingerprint(files)
        return found


def _entries(folder: Path) -> Sequence[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries)
    except (FileNotFoundError, NotADirectoryError):
        return []


@contextlib.contextmanager
def _reachable(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LandingUnavailable(
            f"The landing at {root} cannot be used: {error.strerror or type(error).__name__}.",
            remedy="Check the disk's space and the folder's permissions.",
        ) from error
