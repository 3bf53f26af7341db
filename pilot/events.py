"""The raw-event contract: what the edge records, line by line, before it acknowledges anything.

One event is one JSON object on one line. The envelope is checked strictly; `data` is checked against the event's
own model. Unknown events and unknown fields are kept as they came and can be counted (`unknown_parts`), so that an
older reader never loses what a newer edge wrote. Money never travels here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError

from pilot.business_days import session_day
from pilot.errors import InvalidEvent
from pilot.identifiers import identifier_time

SCHEMA_VERSION = 1
# What the names of replicas begin with that record probes alone: this host's watch, and second hosts.
PROBER_REPLICAS = ("watch", "probe")
CONSENT_VERSION = "2026-11"

Mode = Literal["voice", "text"]
Language = Literal["sv", "en"]
ProbeFailure = Literal["", "unreachable", "timed_out", "broken_off", "wrong_status", "wrong_answer"]


def _utc(value: Any) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime):
        raise ValueError('expected a moment in UTC, for example "2026-11-23T12:00:00.000000Z"')
    if moment.utcoffset() != timedelta(0):
        raise ValueError("expected a moment in UTC, ending in Z")
    return moment.astimezone(UTC)


def _uuid7(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("expected a UUID of version 7 as text")
    identifier_time(value)
    return value


UtcMoment = Annotated[
    datetime,
    BeforeValidator(_utc),
    PlainSerializer(lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), return_type=str),
]
Uuid7 = Annotated[str, BeforeValidator(_uuid7)]


class _Open(BaseModel):
    """Known fields are checked, unknown ones are kept; JSON has no infinity, so a figure is finite."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)


class Client(_Open):
    """The browser, coarse enough to identify nobody."""

    browser: str = Field(max_length=40, description="Browser family, for example Safari.")
    os: str = Field(default="", max_length=40, description="Operating system family.")
    os_major: str = Field(default="", max_length=10, description="Its major version.")
    in_app: bool = Field(default=False, description="Whether the page is shown inside another app.")


class PageOpened(_Open):
    """The customer's page was shown."""

    code: str = Field(description="The short code in the address.")
    language: Language
    device_hash: str = Field(description="Day-salted hash of the device.")


class SessionStarted(_Open):
    """The customer pressed start: before consent and microphone, so that their failures count against completion."""

    mode: Mode
    language: Language
    client: Client
    device_hash: str
    code: str = ""


class ConsentDecided(_Open):
    """The customer answered the question of consent."""

    granted: bool
    version: str = Field(description="Version of the text that was shown.")
    scope: tuple[str, ...] = Field(description="What was agreed to: transcript, audio, device_token.")
    device_token_hash: str | None = Field(default=None, description="Hash of the 30-day token, only with its consent.")


class MicrophoneResult(_Open):
    """What the browser answered when asked for the microphone."""

    result: Literal["granted", "denied", "not_found", "not_readable", "unsupported", "insecure", "silent", "error"]
    sample_rate: int | None = Field(default=None, description="The device's own rate, hertz.")


class ClientError(_Open):
    """Something failed in the browser."""

    code: str = Field(max_length=80)
    message: str = Field(default="", max_length=500, description="Redacted.")


class UtteranceCommitted(_Open):
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


class UtteranceEdited(_Open):
    """The customer mended a turn before sending; the original stays in its own event."""

    turn: int = Field(ge=1)
    transcript: str = Field(description="Redacted; empty when the customer struck the turn.")


class StageMarks(_Open):
    """When each stage of an answer happened, in milliseconds after the customer's last voiced sample."""

    soft_end: float | None = None
    recognition_start: float | None = Field(default=None, description="The recogniser was asked.")
    recognition_taken: float | None = Field(default=None, description="It began, after its queue.")
    recognition_end: float | None = None
    commit: float | None = None
    responder_start: float | None = None
    first_token: float | None = None
    sent: float | None = None


class ReplySent(_Open):
    """The interviewer's answer to a turn."""

    turn: int = Field(ge=1)
    text: str
    author: Literal["scripted", "ollama"]
    purpose: Literal["follow_up", "ask_again", "no_speech", "thanks"]
    marks: StageMarks = StageMarks()
    speech_end_page_ms: float | None = Field(
        default=None, description="The last voiced sample on the page's own clock; none for typed turns."
    )


class ReplyShown(_Open):
    """The page's own mark: the first words of the answer are on the screen."""

    turn: int = Field(ge=1)
    response_ms: float | None = Field(
        default=None, description="Shown minus end of speech, page's clock; none for typed turns."
    )


class TurnFailed(_Open):
    """A turn ended without an answer to what was said."""

    turn: int = Field(ge=1)
    reason: Literal["no_speech", "recogniser_error", "recogniser_timeout", "responder_error", "busy"]
    mode: Mode = "voice"


class SessionCompleted(_Open):
    """The customer sent the feedback."""

    turns: int = Field(ge=0, description="Turns that hold something said.")
    language: Language
    receipt_hash: str = Field(description="SHA-256 of the receipt's token.")
    reference: str = Field(description="What the guest reads out to support.")
    preliminary_score: int | None = Field(default=None, ge=0, le=100)
    preliminary_eligible: bool | None = None
    rubric_version: str = ""


class SessionAbandoned(_Open):
    """The session ended without being sent."""

    reason: Literal[
        "closed", "idle", "total_limit", "replaced", "declined", "protocol_error", "edge_stopped", "connection_lost"
    ] = Field(description="What follows in a later epoch outweighs it: the customer came back.")


class Probe(_Open):
    """One outside-in probe of a café's service."""

    target: Literal["customer_page", "websocket", "receipt", "dashboards", "ollama", "edge_heartbeat"] = Field(
        description="What was probed; edge_heartbeat is what an edge that starts says of its own silence before."
    )
    ok: bool
    status: int | None = None
    duration_ms: float = Field(ge=0)
    every_seconds: int = Field(ge=1, description="The probe's resolution.")
    failure: ProbeFailure = Field(
        default="",
        description="How it failed: nobody there, no answer in time, cut off or not in its protocol, another status, "
        "another answer; empty where it did not, or where that is not known.",
    )


EVENTS: dict[str, type[_Open]] = {
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


class Event(BaseModel):
    """The envelope around every event."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)

    schema_version: int = Field(alias="schema", ge=1, description="Version of this contract.")
    event_id: Uuid7 = Field(description="UUIDv7; two lines with the same one are the same event.")
    event: str = Field(min_length=1, max_length=60)
    at: UtcMoment = Field(description="When it was recorded, UTC, microseconds.")
    session_id: Uuid7 = Field(description="UUIDv7; its time decides the business day of all the session's events.")
    cafe: str = Field(min_length=1)
    edge: str = Field(min_length=1, description="The replica that recorded it.")
    epoch: int = Field(ge=1, description="Rises by one each time the session is resumed.")
    seq: int = Field(ge=0, description="Counts up without gaps within an epoch.")
    simulated: bool
    data: dict[str, Any]

    @property
    def day(self) -> date:
        """Return the business day of the event's session."""
        return session_day(self.session_id)

    def line(self) -> bytes:
        """Return the event as one line of NDJSON, newline included."""
        return self.model_dump_json(by_alias=True).encode() + b"\n"

    def content(self) -> _Open | None:
        """Return `data` as its own model, or None for an event that this version does not know.

        Raises:
            InvalidEvent: the event is known and its data breaks the contract.
        """
        model = EVENTS.get(self.event)
        if model is None:
            return None
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            raise InvalidEvent(
                f"event {self.event} {self.event_id}: {_faults(error, 'data')}", remedy="The line was not used."
            ) from None


def make_event(
    content: BaseModel,
    *,
    event_id: str,
    at: datetime,
    session_id: str,
    cafe: str,
    edge: str,
    epoch: int,
    seq: int,
    simulated: bool,
) -> Event:
    """Return the event that carries `content`, one of the models in `EVENTS`."""
    name = next(name for name, model in EVENTS.items() if model is type(content))
    return Event(
        schema_version=SCHEMA_VERSION,
        event_id=event_id,
        event=name,
        at=at,
        session_id=session_id,
        cafe=cafe,
        edge=edge,
        epoch=epoch,
        seq=seq,
        simulated=simulated,
        data=content.model_dump(mode="json"),
    )


def parse_event(line: bytes | str) -> Event:
    """Parse one line and check the envelope and, for a known event, its data.

    Raises:
        InvalidEvent: not JSON, or a field is missing or wrong; the text names each field, never its words.
    """
    try:
        event = Event.model_validate_json(line)
    except ValidationError as error:
        raise InvalidEvent(_faults(error, "the line"), remedy="The line was not used.") from None
    event.content()
    return event


def unknown_parts(event: Event) -> tuple[str, ...]:
    """Return the names of what this version does not know: `event:name`, `envelope:field` or `event.field`."""
    names = [f"envelope:{name}" for name in event.model_extra or ()]
    content = event.content()
    if content is None:
        return (*names, f"event:{event.event}")
    return (*names, *(f"{event.event}.{name}" for name in content.model_extra or ()))


def json_schema() -> dict[str, Any]:
    """Return the contract as one JSON Schema (draft 2020-12): the envelope, and `data` by event."""
    envelope = Event.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = envelope.pop("$defs", {})
    cases = []
    for name, model in EVENTS.items():
        schema = model.model_json_schema(ref_template="#/$defs/{model}")
        definitions.update(schema.pop("$defs", {}))
        definitions[model.__name__] = schema
        cases.append(
            {
                "if": {"properties": {"event": {"const": name}}},
                "then": {"properties": {"data": {"$ref": f"#/$defs/{model.__name__}"}}},
            }
        )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Raw event of the café feedback pilot",
        **{key: value for key, value in envelope.items() if key != "title"},
        "allOf": cases,
        "$defs": dict(sorted(definitions.items())),
    }


def _faults(error: ValidationError, whole: str) -> str:
    """Name each faulty field and the kind of value found; never the value, which may be a customer's words."""
    faults: Iterable[str] = (
        f"{'.'.join(str(part) for part in item['loc']) or whole}: {item['msg'].removeprefix('Value error, ')}"
        f" (found a value of kind {type(item['input']).__name__})"
        for item in error.errors()
    )
    return "; ".join(faults)
