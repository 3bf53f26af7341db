"""Reads the services' logs, JSON, Dagster's text and tracebacks, as lines with time and level."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
TEXT_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}) - (.+?) - ([A-Z]+) - (.*)")
ERROR_TYPE = re.compile(r"([A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit|Warning|Away|Failed))(?::|$)")
TRACEBACK = "Traceback (most recent call last)"
ERROR_LEVELS = frozenset({"error", "critical", "fatal"})
SESSION_FIELDS = ("session_id", "session")
# Identifiers and numbers differ between two occurrences of one fault.
VARYING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|0x[0-9a-f]+|\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a log.

    Attributes:
        service: The service.
        at: When, UTC; None for a line without a time.
        level: In lower case; empty if unknown.
        message: The message, without colours.
        session: The session's id; empty if there is none.
        text: The whole line.
    """

    service: str
    at: datetime | None
    level: str
    message: str
    session: str
    text: str


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """The occurrences of one error of one service."""

    service: str
    message: str
    count: int
    first: datetime | None
    last: datetime | None


def log_files(folder: Path, service: str) -> list[Path]:
    """Return a service's log files, oldest first: rotated ones have the larger number."""
    rotated = [path for path in folder.glob(f"{service}.log.*") if path.suffix[1:].isdigit()]
    rotated.sort(key=lambda path: -int(path.suffix[1:]))
    current = folder / f"{service}.log"
    return [*rotated, current] if current.is_file() else rotated


def services(folder: Path) -> list[str]:
    """Return the services that have a log, by name."""
    return sorted(path.stem for path in folder.glob("*.log"))


def read_lines(folder: Path, service: str, *, since: datetime | None = None) -> Iterator[LogLine]:
    """Yield a service's lines, oldest first; a traceback is one line, of the time of the line before it.

    Args:
        folder: The folder of the logs.
        service: The service.
        since: Files written last before this moment are skipped.
    """
    last: datetime | None = None
    in_traceback = False
    for path in log_files(folder, service):
        if since is not None and path.stat().st_mtime < since.timestamp():
            continue
        with path.open("r", encoding="utf-8", errors="replace") as file:
            for raw in file:
                text = COLOUR.sub("", raw.rstrip("\n"))
                if TRACEBACK in text:
                    in_traceback = True
                    continue
                if in_traceback and (text.startswith((" ", "\t", "+", "|")) or not text):
                    continue
                line = parse_line(service, text)
                if in_traceback and (error := ERROR_TYPE.match(text)):
                    # Only the type: an error's text may repeat what a guest said.
                    line = LogLine(service, last, "error", error[1], "", text)
                in_traceback = False
                last = line.at or last
                yield line


def parse_line(service: str, text: str) -> LogLine:
    """Return one line of text, parsed as far as its form is known."""
    if text.startswith("{"):
        try:
            fields: Any = json.loads(text)
        except ValueError:
            fields = None
        if isinstance(fields, dict):
            session = next((str(fields[name]) for name in SESSION_FIELDS if fields.get(name)), "")
            level, message = str(fields.get("level", "")).lower(), str(fields.get("event", ""))
            return LogLine(service, _moment(fields.get("timestamp")), level, message, session, text)
    if found := TEXT_LINE.match(text):
        at = datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
        return LogLine(service, at, found[3].lower(), found[4], "", text)
    return LogLine(service, None, "", text, "", text)


def grouped_errors(folder: Path, *, names: list[str], since: datetime | None, session: str = "") -> list[ErrorGroup]:
    """Return the errors of some services since a moment, the most frequent first.

    Args:
        folder: The folder of the logs.
        names: The services.
        since: The earliest moment; None for all. An error without a time counts.
        session: Only this session's errors; empty for all.
    """
    found: dict[tuple[str, str], list[datetime | None]] = {}
    for name in names:
        for line in read_lines(folder, name, since=since):
            if line.level not in ERROR_LEVELS or not _within(line, since, session):
                continue
            found.setdefault((name, VARYING.sub("N", line.message)), []).append(line.at)
    groups = [_group(name, message, moments) for (name, message), moments in found.items()]
    return sorted(groups, key=lambda group: (-group.count, group.service, group.message))


def last_lines(
    folder: Path, *, names: list[str], number: int, since: datetime | None, session: str = ""
) -> list[LogLine]:
    """Return the last lines of some services, each service's own, oldest first."""
    shown: list[LogLine] = []
    for name in names:
        shown += deque(
            (line for line in read_lines(folder, name, since=since) if _within(line, since, session)), maxlen=number
        )
    return shown


def _within(line: LogLine, since: datetime | None, session: str) -> bool:
    early = since is not None and line.at is not None and line.at < since
    return not early and (not session or line.session == session)


def _group(name: str, message: str, moments: list[datetime | None]) -> ErrorGroup:
    known = [moment for moment in moments if moment is not None]
    return ErrorGroup(name, message, len(moments), min(known, default=None), max(known, default=None))


def _moment(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
