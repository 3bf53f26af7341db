"""`pilot ask`: the interviewer's replies to conversations from a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import typer
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cli.context import print_stderr, settings
from pilot.cafes import Cafes
from pilot.composed_field import ComposedText
from pilot.errors import PilotError
from storage.cafes_file import read_cafes

EXIT_SOME_BAD = 1
_EXPECTED = {
    "string_type": "a text",
    "list_type": "a list",
    "tuple_type": "a list",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "literal_error": "sv or en",
    "string_too_short": "a text that is not empty",
}

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class _Exchange(_Line):
    question: ComposedText
    answer: ComposedText


class _Talk(_Line):
    """One line of the file; keys other than these are ignored."""

    id: str = Field(min_length=1)
    cafe: str
    language: Literal["sv", "en"]
    history: list[_Exchange]
    question: ComposedText
    answer: ComposedText


class BadLine(PilotError):
    """A line has no reply; the message never quotes its words."""


@app.command()
def ask_file(file: Path = typer.Argument(help="JSON lines; - for standard input.")) -> None:
    """Reply to guests as the scripted interviewer does, one JSON object a line.

    Reads {"id", "cafe", "language", "history": [{"question", "answer"}], "question", "answer"}; prints {"id", "reply",
    "tone", "asks", "act", "danger"}. A faulty line is reported by its number and field on standard error and skipped;
    the exit code is then 1.

    Example: pilot ask conversations.jsonl
    """
    if str(file) != "-" and not file.is_file():
        raise BadLine(f"There is no file {file}.", remedy="Name a file of JSON lines, or - for standard input.")
    cafes = read_cafes(settings().cafes_file)
    bad = 0
    for number, line in enumerate(_lines(file), start=1):
        if not line.strip():
            continue
        try:
            typer.echo(json.dumps(_reply(line, cafes=cafes), ensure_ascii=False))
        except BadLine as error:
            bad += 1
            print_stderr(f"line {number}: {error.what}")
    if bad:
        print_stderr(f"{bad} lines have no reply.")
        raise typer.Exit(EXIT_SOME_BAD)


def _lines(file: Path) -> Iterator[bytes]:
    if str(file) == "-":
        yield from sys.stdin.buffer
        return
    with file.open("rb") as opened:
        yield from opened


def _reply(line: bytes, *, cafes: Cafes) -> dict[str, Any]:
    from voice_edge.interviewer import Conversation, Exchange
    from voice_edge.interviewer.scripted import scripted_reply

    try:
        talk = _Talk.model_validate_json(line)
    except ValidationError as error:
        raise BadLine("; ".join(_fault(item) for item in error.errors()), remedy="") from None
    if talk.cafe not in cafes.ids:
        raise BadLine(f"cafe: expected one of {', '.join(cafes.ids)}", remedy="")
    exchanges = [Exchange(each.question, each.answer) for each in talk.history]
    exchanges.append(Exchange(talk.question, talk.answer))
    reply = scripted_reply(Conversation(cafes.get(talk.cafe), talk.language, tuple(exchanges), len(talk.history)))
    return {
        "id": talk.id,
        "reply": reply.text,
        "tone": reply.tone,
        "asks": reply.asks,
        "act": reply.act,
        "danger": reply.danger,
    }


def _fault(item: Any) -> str:
    """Return a field's fault without its value: the parser's own messages can quote the line."""
    place = ".".join(str(part) for part in item["loc"]) or "the line"
    if item["type"] == "missing":
        return f"{place}: is missing"
    if item["type"] == "json_invalid":
        return f"{place}: expected a JSON object"
    expected = _EXPECTED.get(item["type"], "another kind of value")
    return f"{place}: expected {expected}, found {type(item['input']).__name__}"
