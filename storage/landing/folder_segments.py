"""Segments in a folder of this machine."""

from __future__ import annotations

import builtins
import contextlib
import os
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from storage.errors import LandingUnavailable
from storage.folders import create_once, private_folder, sync_folder
from storage.landing.day_folders import DayFolders, entries
from storage.landing.segments import SegmentName, validate_body

DAMAGED_FOLDER = "damaged"
STALE_TEMPORARY_SECONDS = 3600  # An older half-written file belongs to a dead process.


class FolderSegments:
    """The landing as a folder, `day=YYYY-MM-DD/<segment>`; files appear whole and durably or not at all."""

    def __init__(
        self, root: Path, *, wall_clock: Callable[[], float] = time.time, days: DayFolders | None = None
    ) -> None:
        self._root = private_folder(root)
        self._scratch = private_folder(root / ".scratch")
        self._wall_clock = wall_clock
        self._days = days or DayFolders()
        self.sweep()

    def put(self, name: SegmentName, body: bytes) -> bool:
        """Publish `body`; return False if the name exists."""
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
            parsed = (SegmentName.parse(f"{folder}/{file}") for file in entries(self._root / folder))
            return sorted(name for name in parsed if name is not None)

    def read(self, name: SegmentName) -> bytes:
        """Return a segment's bytes, checked against its name."""
        return validate_body(name, self.read_unchecked(name))

    def read_unchecked(self, name: SegmentName) -> bytes:
        """Return a segment's bytes as they are."""
        with _reachable(self._root):
            return (self._root / name.path).read_bytes()

    def set_aside(self, name: SegmentName) -> None:
        """Move a segment to `damaged/`."""
        with _reachable(self._root):
            folder = private_folder(self._root / DAMAGED_FOLDER / name.folder)
            (self._root / name.path).rename(folder / name.file)
            sync_folder(folder)
            sync_folder(self._root / name.folder)

    def remove(self, name: SegmentName) -> None:
        """Delete a segment for good."""
        self._unlink(self._root / name.path)

    def damaged(self) -> builtins.list[SegmentName]:
        """Return the names of the segments that were set aside, sorted."""
        with _reachable(self._root):
            folders = [name for name in entries(self._root / DAMAGED_FOLDER) if name.startswith("day=")]
            files = [f"{folder}/{file}" for folder in folders for file in entries(self._root / DAMAGED_FOLDER / folder)]
        return sorted(name for name in map(SegmentName.parse, files) if name is not None)

    def read_damaged(self, name: SegmentName) -> bytes:
        """Return the bytes of a segment that was set aside."""
        with _reachable(self._root):
            return (self._root / DAMAGED_FOLDER / name.path).read_bytes()

    def put_damaged(self, name: SegmentName, body: bytes) -> None:
        """Store the rest of a segment among the damaged ones."""
        with _reachable(self._root):
            folder = private_folder(self._root / DAMAGED_FOLDER / name.folder)
            create_once(folder / name.file, body, scratch=self._scratch)

    def remove_damaged(self, name: SegmentName) -> None:
        """Delete a segment that was set aside."""
        self._unlink(self._root / DAMAGED_FOLDER / name.path)

    def sweep(self) -> None:
        """Delete half-written files of dead writers."""
        with _reachable(self._root), os.scandir(self._scratch) as found:
            for entry in found:
                with contextlib.suppress(FileNotFoundError):  # Another process is sweeping, too.
                    if self._wall_clock() - entry.stat().st_mtime > STALE_TEMPORARY_SECONDS:
                        Path(entry.path).unlink(missing_ok=True)

    def _unlink(self, path: Path) -> None:
        with _reachable(self._root):
            path.unlink(missing_ok=True)
            if path.parent.is_dir():
                sync_folder(path.parent)

    def bytes_of(self, day: date) -> int:
        """Return the size of a day's segments in bytes."""
        with _reachable(self._root):
            return sum((self._root / name.path).stat().st_size for name in self.list(day))

    def fingerprints(self) -> dict[date, str]:
        """Return the fingerprint of every day with segments."""
        found: dict[date, str] = {}
        with _reachable(self._root):
            for folder in entries(self._root):
                if folder.startswith("day="):
                    with contextlib.suppress(ValueError):  # not a replica's folder
                        day = date.fromisoformat(folder.removeprefix("day="))
                        text = self._days.fingerprint(self._root / folder, wall_clock=self._wall_clock)
                        if text is not None:
                            found[day] = text
        return found


@contextlib.contextmanager
def _reachable(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LandingUnavailable(
            f"The landing at {root} cannot be used: {error.strerror or type(error).__name__}.",
            remedy="Check the disk's space and the folder's permissions.",
        ) from error
