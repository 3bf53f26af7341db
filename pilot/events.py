"""The raw-event contract: the events that the edge records before it acknowledges anything.

One event is one JSON object on one line. The envelope is validated strictly, `data` against the event's own model
(`pilot.event_data`). Unknown events and fields are kept unchanged and can be counted (`unknown_parts`), so that an
older reader never loses a newer edge's data. Events contain no money.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError

from pilot.business_days import session_day
from pilot.errors import InvalidEvent
from pilot.event_data import EVENTS as EVENTS
from pilot.event_data import Client as Client
from pilot.event_data import ClientError as ClientError
from pilot.event_data import ConsentDecided as ConsentDecided
from pilot.event_data import EventData as EventData
from pilot.event_data import Language as Language
from pilot.event_data import MicrophoneResult as MicrophoneResult
from pilot.event_data import Mode as Mode
from pilot.event_data import PageOpened as PageOpened
from pilot.event_data import Probe as Probe
from pilot.event_data import ProbeFailure as ProbeFailure
from pilot.event_data import ReplySent as ReplySent
from pilot.event_data import ReplyShown as ReplyShown
from pilot.event_data import SessionAbandoned as SessionAbandoned
from pilot.event_data import SessionCompleted as SessionCompleted
from pilot.event_data import SessionStarted as SessionStarted
from pilot.event_data import StageMarks as StageMarks
from pilot.event_data import TurnFailed as TurnFailed
from pilot.event_data import UtteranceCommitted as UtteranceCommitted
from pilot.event_data import UtteranceEdited as UtteranceEdited
from pilot.identifiers import identifier_time

SCHEMA_VERSION = 1
# Prefixes of the names of replicas that record probes only: this host's watch, and second hosts.
PROBER_REPLICAS = ("watch", "probe")
CONSENT_VERSION = "2026-12"


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


class Event(BaseModel):
    """The envelope around every event."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)

    schema_version: int = Field(alias="schema", ge=1, description="Version of this contract.")
    event_id: Uuid7 = Field(description="UUIDv7; lines with the same one are one event.")
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

    def content(self) -> EventData | None:
        """Return `data` as its own model, or None for an unknown event.

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
    """Parse one line and validate the envelope and, for a known event, its data.

    Raises:
        InvalidEvent: not JSON, or a field is missing or wrong; the text names each field, never its value.
    """
    try:
        event = Event.model_validate_json(line)
    except ValidationError as error:
        raise InvalidEvent(_faults(error, "the line"), remedy="The line was not used.") from None
    event.content()
    return event


def unknown_parts(event: Event) -> tuple[str, ...]:
    """Return the names of an event's unknown parts: `event:name`, `envelope:field` or `event.field`."""
    names = [f"envelope:{name}" for name in event.model_extra or ()]
    content = event.content()
    if content is None:
        return (*names, f"event:{event.event}")
    return (*names, *(f"{event.event}.{name}" for name in content.model_extra or ()))


def probed_cafes(event: Event) -> list[str]:
    """Return the cafés with the result of a probe."""
    return [str(cafe) for cafe in event.data.get("cafes") or ()] or [event.cafe]


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
    """Return each faulty field and the kind of value found.

    Never the value, which may be a customer's words.
    """
    faults: Iterable[str] = (
        f"{'.'.join(str(part) for part in item['loc']) or whole}: {item['msg'].removeprefix('Value error, ')}"
        f" (found a value of kind {type(item['input']).__name__})"
        for item in error.errors()
    )
    return "; ".join(faults)
