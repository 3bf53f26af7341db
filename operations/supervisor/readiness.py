"""Readiness conditions: an HTTP answer, an open socket, a log line or a fresh heartbeat file."""

from __future__ import annotations

import asyncio
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.error import URLError

PROBE_TIMEOUT_SECONDS = 2.0


class Readiness(Protocol):
    """A condition for a process to be ready."""

    async def check(self, *, started_at: float, log: Path) -> bool:
        """Return whether the process that started at `started_at` (seconds since the epoch) is ready."""
        ...

    def describe(self) -> str:
        """Return the condition in words, for messages."""
        ...


@dataclass(frozen=True, slots=True)
class HttpAnswers:
    """Ready when an address answers with a status below 400."""

    url: str

    async def check(self, *, started_at: float, log: Path) -> bool:
        """Send one request."""
        return await asyncio.to_thread(self._answers)

    def _answers(self) -> bool:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(self.url, timeout=PROBE_TIMEOUT_SECONDS) as answer:
                return bool(answer.status < 400)
        except (URLError, OSError, ValueError):
            return False

    def describe(self) -> str:
        """Name the address."""
        return f"{self.url} to answer"


@dataclass(frozen=True, slots=True)
class SocketOpen:
    """Ready when something accepts connections on a Unix socket."""

    path: Path

    async def check(self, *, started_at: float, log: Path) -> bool:
        """Connect once."""
        try:
            _, writer = await asyncio.wait_for(asyncio.open_unix_connection(self.path), PROBE_TIMEOUT_SECONDS)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    def describe(self) -> str:
        """Name the socket."""
        return f"{self.path} to open"


@dataclass(frozen=True, slots=True)
class LineLogged:
    """Ready when its log contains a text."""

    text: str

    async def check(self, *, started_at: float, log: Path) -> bool:
        """Search the log after this start's line; the supervisor writes one at each start."""
        return await asyncio.to_thread(self._logged, started_at, log)

    def _logged(self, started_at: float, log: Path) -> bool:
        try:
            lines = log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return False
        return self.text in lines.rpartition(start_line(started_at))[2]

    def describe(self) -> str:
        """Quote the line."""
        return f"its log to say {self.text!r}"


@dataclass(frozen=True, slots=True)
class FileTouched:
    """Ready when a heartbeat file was written after the start."""

    path: Path

    async def check(self, *, started_at: float, log: Path) -> bool:
        """Compare the file's modification time with the start."""
        try:
            return self.path.stat().st_mtime >= started_at
        except OSError:
            return False

    def describe(self) -> str:
        """Name the file."""
        return f"{self.path.name} to be written"


def start_line(started_at: float) -> str:
    """Return the line that marks one start in a log."""
    return f"--- started {started_at:.6f} ---\n"
