"""A process's log: its output in files rotated by size and day, and the end of it for messages."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

LARGEST_BYTES = 5 * 1024 * 1024
KEPT_FILES = 40  # At most 200 MiB a process.
KEPT_DAYS = 30
SECONDS_A_DAY = 86_400
TAIL_LINES = 15
TAIL_BYTES = 16 * 1024
CHUNK_BYTES = 64 * 1024


class RotatingLog:
    """Appends bytes to a file, and rotates a large file or an earlier day's to the suffix .1.

    Older files have higher numbers. A file holds lines of one day (UTC), so that no line is older than the kept days.
    """

    def __init__(
        self,
        path: Path,
        *,
        largest_bytes: int = LARGEST_BYTES,
        kept_files: int = KEPT_FILES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open the log.

        Args:
            path: Its file.
            largest_bytes: The size beyond which it is rotated.
            kept_files: The most rotated files.
            clock: Seconds since the epoch.
        """
        self.path = path
        self._largest = largest_bytes
        self._kept = kept_files
        self._clock = clock
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)
        self._day = _day(path.stat().st_mtime if path.stat().st_size else clock())
        self._remove_old()

    def write(self, content: bytes) -> None:
        """Append; rotate first if the file would exceed its largest size, or is of an earlier day."""
        today = _day(self._clock())
        too_large = self._file.tell() + len(content) > self._largest
        if (too_large or today != self._day) and self._file.tell():
            self._rotate()
        self._day = today
        self._file.write(content)

    def _rotate(self) -> None:
        self._file.close()
        for number in range(self._kept, 0, -1):
            newer = self.path if number == 1 else self._rotated(number - 1)
            if newer.exists():
                newer.replace(self._rotated(number))
        self._file = self.path.open("ab", buffering=0)
        self._remove_old()

    def _remove_old(self) -> None:
        """Remove rotated files whose day is out of the kept days."""
        oldest = _day(self._clock()) - KEPT_DAYS
        for number in range(1, self._kept + 1):
            if (file := self._rotated(number)).exists() and _day(file.stat().st_mtime) <= oldest:
                file.unlink()

    def _rotated(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")

    async def copy(self, descriptor: int) -> None:
        """Copy a pipe to the log until every writer has closed it; then close it."""
        stream = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        pipe = os.fdopen(descriptor, "rb", buffering=0)
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), pipe)
        try:
            while content := await stream.read(CHUNK_BYTES):
                self.write(content)
        finally:
            transport.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _day(seconds: float) -> int:
    return int(seconds // SECONDS_A_DAY)


def end_line(ending: str, *, at: float) -> str:
    """Return the line of an end that nobody commanded, as an error that `pilot logs` counts.

    Args:
        ending: How the process ended.
        at: When, in seconds since the epoch.
    """
    fields = {
        "event": f"ended with {ending}, and is started again",
        "level": "error",
        "timestamp": datetime.fromtimestamp(at, UTC).isoformat(),
    }
    return json.dumps(fields) + "\n"


def tail(path: Path, *, lines: int = TAIL_LINES) -> str:
    """Return a log's last lines, indented; empty if there is no log."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])
