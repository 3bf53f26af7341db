"""The messages of the edge."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pilot.events import Language, Mode

StateName = Literal["ready", "listening", "hearing", "thinking", "replying", "review", "ended"]
Purpose = Literal["follow_up", "ask_again", "no_speech", "thanks"]
DeviceTokenOffer = Literal["ask", "known", "off"]


class Outgoing(BaseModel):
    """A message of the edge; absent optional fields are left out."""

    model_config = ConfigDict(frozen=True)

    def wire(self) -> str:
        """Return it as the text of a WebSocket message."""
        return self.model_dump_json(exclude_none=True)


class CafeName(BaseModel):
    """The café's name on the page."""

    id: str
    name: str


class VoiceOffer(BaseModel):
    """Whether guests can talk now, and whether recognition in the language is qualified."""

    qualified: bool
    offered: bool = True


class PageLimits(BaseModel):
    """The limits that a page must know."""

    text_characters: int
    turn_seconds: float
    total_seconds: float
    idle_seconds: float


class TurnText(BaseModel):
    """A turn in its current form."""

    turn: int
    text: str


class KnownTurn(TurnText):
    """A turn with the fields that a resumed page needs."""

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
    device_token: DeviceTokenOffer = Field(default="off")
    closes_at: str | None = None


class DeviceToken(Outgoing):
    """Sent after its own consent; the page stores it until `expires_at` for its next `hello`."""

    type: Literal["device_token"] = "device_token"
    token: str
    expires_at: str


class Question(Outgoing):
    """The question for turn number `turn`.

    Attributes:
        number: Its number among the questions; a repeated question keeps it.
        most: The largest number that a session reaches.
    """

    type: Literal["question"] = "question"
    turn: int
    text: str
    number: int | None = None
    most: int | None = None


class State(Outgoing):
    """The state that the page shows."""

    type: Literal["state"] = "state"
    state: StateName


class Partial(Outgoing):
    """The turn's words so far."""

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
    """The talk is over: the customer may edit the turns, then `finish`."""

    type: Literal["review"] = "review"
    turns: tuple[TurnText, ...]


class Preliminary(BaseModel):
    """The preliminary result for the receipt; None if it could not be computed."""

    eligible: bool | None = None


class Completed(Outgoing):
    """The feedback was sent."""

    type: Literal["completed"] = "completed"
    receipt: str
    reference: str
    preliminary: Preliminary


class RestAnswer(Completed):
    """`completed` over HTTP, with the recognised turns."""

    turns: tuple[KnownTurn, ...]


class Ack(Outgoing):
    """Everything up to `seq` is on the disk; `snapshot` resumes the session on any replica."""

    type: Literal["ack"] = "ack"
    epoch: int
    seq: int
    frame: int
    snapshot: str


class Busy(Outgoing):
    """The recogniser is full; typing works."""

    type: Literal["busy"] = "busy"
    retry_after_s: float


class VoiceChange(Outgoing):
    """From now on guests can only write, or can talk again."""

    type: Literal["voice"] = "voice"
    offered: bool


class ErrorMessage(Outgoing):
    """An error with its remedy, in the guest's language.

    Attributes:
        opens_at: When the café takes feedback again, ISO 8601 with offset.
        retry_after_s: Seconds until a retry may succeed.
    """

    type: Literal["error"] = "error"
    code: str
    message: str
    retryable: bool
    opens_at: str | None = None
    retry_after_s: float | None = None


class Pong(Outgoing):
    """Answer to `ping`."""

    type: Literal["pong"] = "pong"
    at_ms: float
