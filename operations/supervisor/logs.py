"""A process's log: its output in a rotated file, and the end of it for messages."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

LARGEST_BYTES = 5 * 1024 * 1024
KEPT_FILES = 3
TAIL_LINES = 15
TAIL_BYTES = 16 * 1024
CHUNK_BYTES = 64 * 1024


class RotatingLog:
    """Appends bytes to a file; beyond the largest size, older files get the suffixes .1, .2 and .3."""

    def __init__(self, path: Path, *, largest_bytes: int = LARGEST_BYTES, kept_files: int = KEPT_FILES) -> None:
        self.path = path
        self._largest = largest_bytes
        self._kept = kept_files
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)

    def write(self, content: bytes) -> None:
        """Append; rotate first if the file would exceed its largest size."""
        if self._file.tell() + len(content) > self._largest and self._file.tell():
            self._rotate()
        self._file.write(content)

    def _rotate(self) -> None:
        self._file.close()
        for number in range(self._kept, 0, -1):
            newer = self.path if number == 1 else self.path.with_name(f"{self.path.name}.{number - 1}")
            if newer.exists():
                newer.replace(self.path.with_name(f"{self.path.name}.{number}"))
        self._file = self.path.open("ab", buffering=0)

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
