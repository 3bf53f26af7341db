"""Lines of a log file, `<crc32 hex> <day> <event>`: the checksum reveals torn and damaged lines."""

from __future__ import annotations

import zlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from pilot.errors import InvalidEvent
from pilot.events import Event, parse_event

_CHECKSUM_LENGTH = 8
_DAY_LENGTH = 10
PROBE = "probe"
_PROBE_MARK = b'"event":"probe"'
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


def split_probes(body: bytes) -> tuple[bytes, bytes]:
    """Return a segment's lines without its probes, and its probes.

    Only a line that the contract reads as a probe is one: whatever else a line is, it stays where guests' data is.
    """
    if _PROBE_MARK not in body:
        return body, b""
    others: list[bytes] = []
    probes: list[bytes] = []
    for line in body.splitlines(keepends=True):
        (probes if _PROBE_MARK in line and _is_probe(line) else others).append(line)
    return b"".join(others), b"".join(probes)


def _is_probe(line: bytes) -> bool:
    try:
        return parse_event(line).event == PROBE
    except InvalidEvent:
        return False
