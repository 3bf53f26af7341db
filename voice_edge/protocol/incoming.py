"""The messages of the page, and their parser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import from_json

from pilot.composed import composed
from pilot.events import Client, Language, Mode
from voice_edge.errors import ProtocolFault
from voice_edge.protocol.frames import LATEST_MS

PROTOCOL_VERSION = 1
LONGEST_SNAPSHOT = 96 * 1024
HIGHEST_TURN = 10_000


class _Composed(BaseModel):
    """Base class: the text of a known field is composed once its length is checked."""

    @field_validator("*", mode="after")
    @classmethod
    def _compose(cls, value: object) -> object:
        return composed(value) if isinstance(value, str) else value


class _Incoming(_Composed):
    """Base class: known fields are validated, unknown ones are stored separately and counted."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)


class _Browser(_Composed):
    """The browser as the page describes it; other fields would return in every snapshot."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    browser: str = Field(default="", max_length=40)
    os: str = Field(default="", max_length=40)
    os_major: str = Field(default="", max_length=10)
    in_app: bool = False


def _described(given: object) -> object:
    """Return the bounded fields of a client's description."""
    return given if isinstance(given, Client) else Client(**_Browser.model_validate(given).model_dump())


class Hello(_Incoming):
    """First message; `resume` is the last snapshot received."""

    v: int = Field(ge=0, le=1_000)
    code: str = Field(default="", max_length=40)
    language: Language = "sv"
    client: Annotated[Client, BeforeValidator(_described)] = Client(browser="")
    simulated: bool = False
    device_token: str | None = Field(default=None, max_length=100)
    resume: str | None = Field(default=None, max_length=LONGEST_SNAPSHOT)


class Start(_Incoming):
    """The customer pressed start."""

    mode: Mode
    language: Language


class Consent(_Incoming):
    """The answer to the consent question."""

    granted: bool
    version: str = Field(max_length=20, pattern=r"^[0-9A-Za-z.-]+$")
    scope: tuple[Literal["transcript", "audio", "device_token"], ...] = Field(default=(), max_length=3)


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

    turn: int = Field(ge=1, le=HIGHEST_TURN)
    text: str


class Shown(_Incoming):
    """The page has shown the first words of the answer to `turn`, at `at_ms` on its clock."""

    turn: int = Field(ge=1, le=HIGHEST_TURN)
    at_ms: float = Field(ge=-LATEST_MS, le=LATEST_MS)


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

    at_ms: float = Field(ge=-LATEST_MS, le=LATEST_MS)


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
        tree = from_json(text)
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
