"""The data of raw events: one model for each event, and their names in the contract."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Mode = Literal["voice", "text"]
Language = Literal["sv", "en"]
ProbeFailure = Literal["", "unreachable", "timed_out", "broken_off", "wrong_status", "wrong_answer"]


class EventData(BaseModel):
    """The base of all data: known fields are validated, unknown ones kept, numbers finite as in JSON."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)


class Client(EventData):
    """The browser, coarse enough to identify nobody."""

    browser: str = Field(max_length=40, description="Browser family, for example Safari.")
    os: str = Field(default="", max_length=40, description="Operating system family.")
    os_major: str = Field(default="", max_length=10, description="Its major version.")
    in_app: bool = Field(default=False, description="Whether the page is shown inside another app.")


class PageOpened(EventData):
    """The customer's page was shown."""

    code: str = Field(description="The short code in the address.")
    language: Language
    device_hash: str = Field(description="Day-salted hash of the device.")


class SessionStarted(EventData):
    """The customer pressed start, before consent and microphone: their failures count against completion."""

    mode: Mode
    language: Language
    client: Client
    device_hash: str
    code: str = ""
    network_hash: str = Field(default="", description="Day-salted hash of the network: an IPv4 address or an IPv6 /64.")


class ConsentDecided(EventData):
    """The customer answered the consent question."""

    granted: bool
    version: str = Field(description="Version of the text that was shown.")
    scope: tuple[str, ...] = Field(description="The consents given: transcript, audio, device_token.")
    device_token_hash: str | None = Field(default=None, description="Hash of the 30-day token, only with its consent.")


class MicrophoneResult(EventData):
    """The browser's answer to the request for the microphone."""

    result: Literal[
        "granted", "denied", "not_found", "not_readable", "unsupported", "insecure", "silent", "no_answer", "error"
    ]
    sample_rate: int | None = Field(default=None, description="The device's own rate, hertz.")


class ClientError(EventData):
    """Something failed in the browser."""

    code: str = Field(max_length=80)
    message: str = Field(default="", max_length=500, description="Redacted.")


class UtteranceCommitted(EventData):
    """One turn of the customer, as recognised or typed; a later revision replaces an earlier one."""

    turn: int = Field(ge=1, description="1, 2, 3 within the session.")
    revision: int = Field(ge=1)
    mode: Mode
    language: Language
    transcript: str = Field(description="Redacted.")
    confidence: float | None = Field(default=None, ge=0, le=1, description="The recogniser's; none for typed text.")
    low_confidence: bool = Field(default=False, description="Too unsure to score: the customer was asked again.")
    speech_samples: int = Field(default=0, ge=0, description="Voiced samples at 16 kHz.")
    discarded_speculations: int = Field(default=0, ge=0)
    question: str = Field(default="", description="The question that this turn answers.")


class UtteranceEdited(EventData):
    """The customer corrected a turn before sending; the original stays in its own event."""

    turn: int = Field(ge=1)
    transcript: str = Field(description="Redacted; empty if the customer deleted the turn.")


class StageMarks(EventData):
    """When each stage of an answer happened, in milliseconds after the customer's last voiced sample."""

    soft_end: float | None = None
    recognition_start: float | None = Field(default=None, description="The request to the recogniser.")
    recognition_taken: float | None = Field(default=None, description="The recogniser began, after its queue.")
    recognition_end: float | None = None
    commit: float | None = None
    responder_start: float | None = None
    first_token: float | None = None
    sent: float | None = None


class ReplySent(EventData):
    """The interviewer's answer to a turn."""

    turn: int = Field(ge=1)
    text: str
    author: Literal["scripted", "ollama"]
    purpose: Literal["follow_up", "ask_again", "no_speech", "thanks"]
    marks: StageMarks = StageMarks()
    speech_end_page_ms: float | None = Field(
        default=None, description="The last voiced sample on the page's own clock; none for typed turns."
    )


class ReplyShown(EventData):
    """The page's own mark: the first words of the answer are shown."""

    turn: int = Field(ge=1)
    response_ms: float | None = Field(
        default=None, description="Shown minus end of speech, page's clock; none for typed turns."
    )
    implausible: bool = Field(
        default=False, description="The page's mark contradicts the edge's own clock; it is not counted."
    )


class TurnFailed(EventData):
    """A turn ended without an answer."""

    turn: int = Field(ge=1)
    reason: Literal["no_speech", "recogniser_error", "recogniser_timeout", "responder_error", "busy"]
    mode: Mode = "voice"


class SessionCompleted(EventData):
    """The customer sent the feedback."""

    turns: int = Field(ge=0, description="Turns with words.")
    language: Language
    receipt_hash: str = Field(description="SHA-256 of the receipt's token.")
    reference: str = Field(description="The reference that the guest reads out to support.")
    preliminary_score: int | None = Field(default=None, ge=0, le=100)
    preliminary_eligible: bool | None = None
    rubric_version: str = ""


class SessionAbandoned(EventData):
    """The session ended without being sent."""

    reason: Literal[
        "closed", "idle", "total_limit", "replaced", "declined", "protocol_error", "edge_stopped", "connection_lost"
    ] = Field(description="Overridden by events of a later epoch: the customer came back.")


class Probe(EventData):
    """One outside-in probe of a café's service."""

    target: Literal["customer_page", "websocket", "receipt", "dashboards", "ollama", "edge_heartbeat"] = Field(
        description="The probed target; edge_heartbeat is recorded by a starting edge about its own silence before."
    )
    ok: bool
    status: int | None = None
    duration_ms: float = Field(ge=0)
    every_seconds: int = Field(ge=1, description="The probe's resolution.")
    failure: ProbeFailure = Field(
        default="",
        description="How it failed: not reachable, no answer in time, cut off or not in its protocol, wrong status, "
        "wrong answer; empty if it did not fail or the cause is unknown.",
    )
    cafes: list[str] = Field(
        default_factory=list,
        description="The cafés with this result, the envelope's included; empty if it is the envelope's only.",
    )
    durations_ms: list[Annotated[float, Field(ge=0)]] = Field(
        default_factory=list,
        description="The duration at each of these cafés; empty if they shared one request, of duration_ms.",
    )


EVENTS: dict[str, type[EventData]] = {
    "page_opened": PageOpened,
    "session_started": SessionStarted,
    "consent_decided": ConsentDecided,
    "microphone_result": MicrophoneResult,
    "client_error": ClientError,
    "utterance_committed": UtteranceCommitted,
    "utterance_edited": UtteranceEdited,
    "reply_sent": ReplySent,
    "reply_shown": ReplyShown,
    "turn_failed": TurnFailed,
    "session_completed": SessionCompleted,
    "session_abandoned": SessionAbandoned,
    "probe": Probe,
}
