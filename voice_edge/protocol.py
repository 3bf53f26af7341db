"""The conversation protocol: a model for every message, the audio frame, and the close codes."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from pilot.events import Client, Language, Mode
from voice_edge.errors import ProtocolFault
from voice_edge.limits import SAMPLE_RATE

PROTOCOL_VERSION = 1
FRAME_VERSION = 1
FRAME_HEADER = struct.Struct("<BBHId")
LONGEST_FRAME_MS = 100
LONGEST_FRAME_SAMPLES = SAMPLE_RATE * LONGEST_FRAME_MS // 1000

StateName = Literal["ready", "listening", "hearing", "thinking", "replying", "review", "ended"]
Purpose = Literal["follow_up", "ask_again", "no_speech", "thanks"]


class CloseCode(IntEnum):
    """Why a connection was closed."""

    DONE = 1000
    GOING_AWAY = 1001
    PROTOCOL = 4400
    UNKNOWN_CODE = 4404
    TIME_LIMIT = 4408
    REPLACED = 4409
    TOO_LARGE = 4413
    TOO_MANY = 4429
    MAINTENANCE = 4503


class _Incoming(BaseModel):
    """Known fields are checked; unknown ones are kept apart, to be counted."""

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
    """What the browser answered when asked for the microphone."""

    result: Literal["granted", "denied", "not_found", "not_readable", "unsupported", "insecure", "silent", "error"]
    sample_rate: int | None = Field(default=None, ge=1_000, le=1_000_000)


class ModeChange(_Incoming):
    """The customer changes between talking and writing."""

    mode: Mode


class Text(_Incoming):
    """A typed turn."""

    text: str


class Stop(_Incoming):
    """The customer pressed "done talking"."""


class Edit(_Incoming):
    """A mended turn; empty text strikes it."""

    turn: int = Field(ge=1)
    text: str


class Shown(_Incoming):
    """The first words of the answer to `turn` are on the screen, page's clock."""

    turn: int = Field(ge=1)
    at_ms: float


class Finish(_Incoming):
    """Send the feedback."""


class Leave(_Incoming):
    """The customer ends without sending."""


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
        tree = from_json(text)  # Unlike json.loads it refuses lone surrogates, which no file could hold.
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


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """One frame of the microphone.

    Attributes:
        number: Counts from 0.
        captured_ms: Capture time of the first sample on the page's clock.
        pcm: Mono PCM16, little endian, 16 kHz.
    """

    number: int
    captured_ms: float
    pcm: bytes

    @property
    def samples(self) -> int:
        """Return how many samples it holds."""
        return len(self.pcm) // 2


def decode_frame(body: bytes) -> AudioFrame:
    """Return the frame that a binary message holds.

    Raises:
        ProtocolFault: the header or the length is wrong.
    """
    if len(body) <= FRAME_HEADER.size:
        raise ProtocolFault("The frame holds no audio.", code="invalid_frame")
    version, _flags, _reserved, number, captured_ms = FRAME_HEADER.unpack_from(body)
    pcm = body[FRAME_HEADER.size :]
    if version != FRAME_VERSION:
        raise ProtocolFault(f"The frame has version {version}, expected {FRAME_VERSION}.", code="invalid_frame")
    if len(pcm) % 2 or len(pcm) // 2 > LONGEST_FRAME_SAMPLES:
        raise ProtocolFault(f"The frame is not 16-bit audio of at most {LONGEST_FRAME_MS} ms.", code="invalid_frame")
    if not math.isfinite(captured_ms):
        raise ProtocolFault("The frame's capture time is not a number.", code="invalid_frame")
    return AudioFrame(number=number, captured_ms=captured_ms, pcm=pcm)


def encode_frame(frame: AudioFrame) -> bytes:
    """Return the binary message of a frame; what a client sends."""
    return FRAME_HEADER.pack(FRAME_VERSION, 0, 0, frame.number, frame.captured_ms) + frame.pcm


class Outgoing(BaseModel):
    """A message of the edge; absent optional fields are left out."""

    model_config = ConfigDict(frozen=True)

    def wire(self) -> str:
        """Return it as the text of a WebSocket message."""
        return self.model_dump_json(exclude_none=True)


class CafeName(BaseModel):
    """The café as the page names it."""

    id: str
    name: str


class VoiceOffer(BaseModel):
    """Whether speech in the session's language is recognised well enough to be more than a trial."""

    qualified: bool


class PageLimits(BaseModel):
    """The limits that a page must know."""

    text_characters: int
    turn_seconds: float
    total_seconds: float
    idle_seconds: float


class TurnText(BaseModel):
    """A turn as it stands."""

    turn: int
    text: str


class KnownTurn(TurnText):
    """A turn as a resumed page needs it."""

    question: str
    mode: Mode
    low_confidence: bool


class Welcome(Outgoing):
    """Answer to `hello`."""

    type: Literal["welcome"] = "welcome"
    session_id: str
    cafe: CafeName
    language: Language
    voice: VoiceOffer
    limits: PageLimits
    resumed: bool
    turns: tuple[KnownTurn, ...]


class Question(Outgoing):
    """The question that turn number `turn` will answer."""

    type: Literal["question"] = "question"
    turn: int
    text: str


class State(Outgoing):
    """What the page shows."""

    type: Literal["state"] = "state"
    state: StateName


class Partial(Outgoing):
    """Words so far."""

    type: Literal["partial"] = "partial"
    turn: int
    text: str


class HeardTurn(Outgoing):
    """The turn as committed."""

    type: Literal["heard"] = "heard"
    turn: int
    revision: int
    text: str
    mode: Mode
    low_confidence: bool


class Reply(Outgoing):
    """The answer to `turn`, with growing text until `final`."""

    type: Literal["reply"] = "reply"
    turn: int
    text: str
    final: bool
    author: Literal["scripted", "ollama"]
    purpose: Purpose
    speech_end_page_ms: float | None = None


class Review(Outgoing):
    """The talk is over: mend, then `finish`."""

    type: Literal["review"] = "review"
    turns: tuple[TurnText, ...]


class Preliminary(BaseModel):
    """What the receipt will first say; absent where it could not be computed."""

    eligible: bool | None = None


class Completed(Outgoing):
    """Sent."""

    type: Literal["completed"] = "completed"
    receipt: str
    reference: str
    preliminary: Preliminary


class Ack(Outgoing):
    """Everything up to here is on the disk; `snapshot` resumes it on any replica."""

    type: Literal["ack"] = "ack"
    epoch: int
    seq: int
    frame: int
    snapshot: str


class Busy(Outgoing):
    """Voice is full; text works."""

    type: Literal["busy"] = "busy"
    retry_after_s: float


class ErrorMessage(Outgoing):
    """What went wrong and what to do, in the guest's language."""

    type: Literal["error"] = "error"
    code: str
    message: str
    retryable: bool


class Pong(Outgoing):
    """Answer to `ping`."""

    type: Literal["pong"] = "pong"
    at_ms: float


def unknown_fields(message: BaseModel) -> int:
    """Return how many fields of `message` this version does not know."""
    extra: dict[str, Any] | None = message.model_extra
    return len(extra or {})
