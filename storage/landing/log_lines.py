"""Lines of a log file, `<crc32 hex> <day> <event>`: the checksum reveals torn and damaged lines."""

from __future__ import annotations

import zlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from pilot.events import Event

_CHECKSUM_LENGTH = 8
_DAY_LENGTH = 10
_EVENT_AT = _CHECKSUM_LENGTH + 1 + _DAY_LENGTH + 1


def log_line(event: Event) -> bytes:
    """Return the line that records `event`; the checksum covers everything after it."""
    rest = event.day.isoformat().encode() + b" " + event.line()
    return b"%08x " % zlib.crc32(rest) + rest


@dataclass(frozen=True, slots=True)
class LogContent:
    """The content of a log file.

    Attributes:
        bodies: The events by business day, in a segment's format.
        torn_bytes: Number of bytes after the last whole line: the process died before it acknowledged them.
        damaged_lines: Number of broken lines before a whole one, which a crash cannot explain.
    """

    bodies: dict[date, bytes]
    torn_bytes: int
    damaged_lines: int


def read_log(content: bytes) -> LogContent:
    """Return the whole lines of a log file by day, and counts of its broken ones."""
    days: defaultdict[date, list[bytes]] = defaultdict(list)
    broken_since_whole = damaged = position = whole_until = 0
    while position < len(content):
        newline = content.find(b"\n", position)
        if newline < 0:
            break
        line = content[position : newline + 1]
        position = newline + 1
        rest = line[_CHECKSUM_LENGTH + 1 :]
        if len(line) > _EVENT_AT and line[:_CHECKSUM_LENGTH] == b"%08x" % zlib.crc32(rest):
            days[date.fromisoformat(rest[:_DAY_LENGTH].decode())].append(line[_EVENT_AT:])
            damaged += broken_since_whole
            broken_since_whole = 0
            whole_until = position
        else:
            broken_since_whole += 1
    return LogContent(
        bodies={day: b"".join(lines) for day, lines in sorted(days.items())},
        torn_bytes=len(content) - whole_until,
        damaged_lines=damaged,
    )


def whole_lines(content: bytes) -> list[bytes]:
    """Return a log file's whole lines unchanged, checksums and newlines included."""
    return [
        line
        for line in content.splitlines(keepends=True)
        if len(line) > _EVENT_AT
        and line.endswith(b"\n")
        and line[:_CHECKSUM_LENGTH] == b"%08x" % zlib.crc32(line[_CHECKSUM_LENGTH + 1 :])
    ]
