"""`pilot score`: scores sessions from a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import typer
from pydantic import BaseModel, ConfigDict, ValidationError

from cli.context import print_stderr, settings
from pilot.cafes import Cafes
from pilot.composed_field import ComposedText
from pilot.errors import PilotError
from storage.cafes_file import read_cafes

EXIT_SOME_BAD = 1

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


class _Session(BaseModel):
    """One line of the file; keys other than these are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    id: str
    cafe: str
    language: Literal["sv", "en"]
    turns: list[ComposedText]


class BadLine(PilotError):
    """A line cannot be scored; the message never quotes its words."""


@app.command()
def score_file(file: Path = typer.Argument(help="JSON lines; - for standard input.")) -> None:
    """Score sessions, one JSON object a line: {"id", "cafe", "language", "turns"}.

    Prints one JSON object a line. A faulty line is reported by its number on standard error and skipped; the exit code
    is then 1.

    Example: pilot score sessions.jsonl
    """
    cafes = read_cafes(settings().cafes_file)
    bad = 0
    for number, line in enumerate(_lines(file), start=1):
        if not line.strip():
            continue
        try:
            typer.echo(json.dumps(_scored(line, cafes=cafes), ensure_ascii=False))
        except BadLine as error:
            bad += 1
            print_stderr(f"line {number}: {error.what}")
    if bad:
        print_stderr(f"{bad} lines were not scored.")
        raise typer.Exit(EXIT_SOME_BAD)


def _lines(file: Path) -> Iterator[bytes]:
    if str(file) == "-":
        yield from sys.stdin.buffer
        return
    with file.open("rb") as opened:
        yield from opened


def _scored(line: bytes, *, cafes: Cafes) -> dict[str, Any]:
    from pipelines.scoring import SCORER_VERSION, score

    try:
        session = _Session.model_validate_json(line)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, item['loc'])) or 'the line'}: {_kind(item)}" for item in error.errors())
        raise BadLine(faults, remedy="") from None
    if session.cafe not in cafes.ids:
        raise BadLine(f"cafe: not one of {', '.join(cafes.ids)}", remedy="")
    result = score(session.turns, language=session.language, cafe=cafes.get(session.cafe))
    return {
        "id": session.id,
        "score": result.score,
        "eligible": result.eligible,
        "subscores": {name: round(value, 3) for name, value in result.subscores.items()},
        "themes": dict(sorted(result.themes.items())),
        "spans": [{"turn": at.turn, "start": at.start, "end": at.end, "of": at.subscore} for at in result.spans],
        "claims": [
            {
                "turn": at.turn,
                "quote": session.turns[at.turn][at.start : at.end],
                "theme": at.theme,
                "polarity": at.polarity,
            }
            for at in result.quotes
        ],
        "quotes": [
            {"theme": at.theme, "polarity": at.polarity, "turn": at.turn, "start": at.start, "end": at.end}
            for at in result.quotes
        ],
        "flags": list(result.flags),
        "signals": list(result.signals),
        "said": list(result.reasons.said),
        "left_out": list(result.reasons.left_out),
        "rubric_version": cafes.pilot.rubric_version,
        "scorer_version": SCORER_VERSION,
    }


def _kind(item: Any) -> str:
    """Return a field's fault without its value: the parser's own messages can quote the line."""
    if item["type"] == "missing":
        return "is missing"
    if item["type"] == "json_invalid":
        return "is not a JSON object"
    return f"wrong kind of value ({type(item['input']).__name__})"
