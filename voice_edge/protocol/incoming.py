"""The messages of the page, and their parser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from pilot.composed import composed_tree
from pilot.events import Client, Language, Mode
from voice_edge.errors import ProtocolFault

PROTOCOL_VERSION = 1


class _Incoming(BaseModel):
    """Base class: known fields are validated, unknown ones are stored separately and counted."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)


class Hello(_Incoming):
    """First message; `resume` is the last snapshot received."""

    v: int
    code: str = Field(default="", max_length=40)
    language: Language = "sv"
    client: Client = Client(browser="")
    simulated: bool = False
    device_token: str | None = Field(default=None, max_length=100)
    resume: str | None = None


class Start(_Incoming):
    """The customer pressed start."""

    mode: Mode
    language: Language


class Consent(_Incoming):
    """The answer to the consent question."""

    granted: bool
    version: str = Field(max_length=20)
    scope: tuple[Literal["transcript", "audio", "device_token"], ...] = ()


class Microphone(_Incoming):
    """The browser's answer to the request for the microphone."""

    result: Literal[
        "granted", "denied", "not_found", "not_readable", "unsupported", "insecure", "silent", "no_answer", "error"
    ]
    sample_rate: int | None = Field(default=None, ge=1_000, le=1_000_000)


class ModeChange(_Incoming):
    """The customer switches between talking and writing."""

    mode: Mode


class Text(_Incoming):
    """A typed turn."""

    text: str


class Stop(_Incoming):
    """The customer pressed "done talking"."""


class Edit(_Incoming):
    """An edited turn; empty text strikes it."""

    turn: int = Field(ge=1)
    text: str


class Shown(_Incoming):
    """The page has shown the first words of the answer to `turn`, at `at_ms` on its clock."""

    turn: int = Field(ge=1)
    at_ms: float


class Finish(_Incoming):
    """Send the feedback."""


class Leave(_Incoming):
    """The customer leaves without sending."""


class ClientErrorReport(_Incoming):
    """Something failed in the browser."""

    code: str = Field(max_length=80)
    message: str = Field(default="", max_length=500)


class Ping(_Incoming):
    """Answered by `pong` at once."""

    at_ms: float


@dataclass(frozen=True, slots=True)
class UnknownMessage:
    """A message of a type that this version does not know: ignored and counted."""


INCOMING: dict[str, type[_Incoming]] = {
    "hello": Hello,
    "start": Start,
    "consent": Consent,
    "microphone": Microphone,
    "mode": ModeChange,
    "text": Text,
    "stop": Stop,
    "edit": Edit,
    "shown": Shown,
    "finish": Finish,
    "leave": Leave,
    "client_error": ClientErrorReport,
    "ping": Ping,
}


def parse_message(text: str) -> BaseModel | UnknownMessage:
    """Return the model of one JSON message.

    Raises:
        ProtocolFault: not a JSON object with a `type`, or a field is missing or wrong; the text names each field and
            never repeats a value.
    """
    try:
        # Unlike json.loads, from_json refuses lone surrogates, which cannot be written to a file.
        tree = composed_tree(from_json(text))
    except ValueError:
        raise ProtocolFault("The message is not JSON.") from None
    if not isinstance(tree, dict) or not isinstance(tree.get("type"), str):
        raise ProtocolFault("The message is not an object with a type.")
    model = INCOMING.get(tree.pop("type"))
    if model is None:
        return UnknownMessage()
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        fields = ", ".join(sorted({str(item["loc"][0]) for item in error.errors() if item["loc"]}))
        raise ProtocolFault(f"The message has missing or wrong fields: {fields or 'all'}.") from None


def unknown_fields(message: BaseModel) -> int:
    """Return the number of unknown fields in `message`."""
    extra: dict[str, Any] | None = message.model_extra
    return len(extra or {})
