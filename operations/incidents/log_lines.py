"""Takes from a log's lines what is safe to hand on: known events, figures and codes; never free text."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from operations.system import CHECKOUT

ROOMS = ("voice_edge", "operations", "dashboards", "entrance", "assets", "storage", "payouts", "quality", "proving")
LEVELS = ("debug", "info", "warning", "warn", "error", "critical", "exception")
# Fields whose values are codes, ids, moments or figures in every log of the pilot.
FIELDS = frozenset(
    {
        *("timestamp", "level", "replica", "kind", "code", "status", "cafe", "cafes", "day", "days", "table", "epoch"),
        *("session_id", "seconds", "bytes", "segments", "number", "every_seconds", "severity", "name", "state"),
        *("reason", "language", "task", "incident", "recorded", "cut_off", "how", "since", "failed"),
    }
)
OTHER_EVENT = "(an event of another program)"
# Values that no source names: figures in text, moments, sessions, replicas, and libraries' exceptions.
_SHAPES = re.compile(
    r"-?\d+(?:\.\d+)?"
    r"|\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|(?:edge|watch|outpost|probe)\d*"
    r"|(?:[A-Z][a-z]+){1,5}(?:Error|Exception|Timeout|Warning|Disconnect)"
)
_PLACE = re.compile(r'\s*File "([^"]*)", line (\d+), in ([A-Za-z_<>][\w<>.]*)\s*')
_ERROR = re.compile(r"((?:[a-z_]\w*\.)*(?:[A-Z][a-z]+){1,5}(?:Error|Exception|Timeout|Warning))\b.*")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the pilot's own source says, so that it is nobody's words.

    Attributes:
        events: The constant texts that are logged.
        codes: All other constant texts of one word, and the names of classes and functions.
    """

    events: frozenset[str]
    codes: frozenset[str]


@cache
def vocabulary() -> Vocabulary:
    """Read the vocabulary from the source."""
    events, codes = set(), set()
    for room in ROOMS:
        for path in sorted((CHECKOUT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
                    codes.add(node.value)
                elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                    codes.add(node.name)
                elif (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in LEVELS
                    and node.args
                    and isinstance(node.args[0], ast.Constant)
                    and isinstance(node.args[0].value, str)
                ):
                    events.add(node.args[0].value)
    return Vocabulary(frozenset(events), frozenset(codes))


def safe_lines(lines: Iterable[str], *, cafes: Collection[str]) -> Iterator[str]:
    """Yield the safe part of each line; lines without any are counted.

    Args:
        lines: A log's lines: JSON of the pilot's programs, or anything else.
        cafes: The cafés' ids.
    """
    words, left_out = vocabulary(), 0
    codes = words.codes | set(cafes)
    for line in lines:
        safe = _safe(line, events=words.events, codes=codes)
        if safe is None:
            left_out += 1
            continue
        if left_out:
            yield json.dumps({"left_out": left_out})
            left_out = 0
        yield safe
    if left_out:
        yield json.dumps({"left_out": left_out})


def _safe(line: str, *, events: Collection[str], codes: Collection[str]) -> str | None:
    if place := _PLACE.fullmatch(line.rstrip()):
        own = place[1].removeprefix(f"{CHECKOUT}/")
        return f"  {own}:{place[2]}" if (CHECKOUT / own).is_file() and not own.startswith("/") else None
    if error := _ERROR.fullmatch(line.rstrip()):
        return error[1].rpartition(".")[2]
    try:
        record = json.loads(line)
    except ValueError:
        return None
    if not isinstance(record, dict):
        return None
    kept = {
        key: value
        for key, given in record.items()
        if key in FIELDS and (value := _value(given, codes=codes)) is not None
    }
    event = record.get("event")
    known = isinstance(event, str) and event in events
    if not kept and not known:
        return None
    return json.dumps({"event": event if known else OTHER_EVENT, **kept}, ensure_ascii=True)


def _value(given: Any, *, codes: Collection[str]) -> Any:
    if isinstance(given, bool | int | float):
        return given
    if isinstance(given, str):
        return given if given in codes or _SHAPES.fullmatch(given) else None
    if isinstance(given, list):
        return [each for each in (_value(one, codes=codes) for one in given) if each is not None] or None
    return None
