"""Retention periods of guest data by kind, and the removal of expired fields from events.

Expired fields are emptied; the event stays with its name, time and durations, so that no figure changes.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any, Literal, get_args

from pydantic import BaseModel, ValidationError

from pilot.errors import InvalidEvent
from pilot.events import EVENTS, Event, parse_event
from pilot.settings import Settings

Kind = Literal["audio", "words", "devices"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# The fields of events that contain a guest's words, answers to them, or a device's hash.
PERSONAL_FIELDS: dict[Kind, dict[str, tuple[str, ...]]] = {
    "audio": {},  # no event contains sound
    "words": {
        "utterance_committed": ("transcript", "question"),
        "utterance_edited": ("transcript",),
        "reply_sent": ("text",),
        "client_error": ("message",),
    },
    "devices": {
        "page_opened": ("device_hash",),
        "session_started": ("device_hash", "network_hash"),
        "consent_decided": ("device_token_hash",),
    },
}


def retention_days(settings: Settings, kind: Kind) -> int:
    """Return the retention period of a kind, in days."""
    return {"audio": settings.audio_days, "words": settings.words_days, "devices": settings.devices_days}[kind]


def last_due(kind: Kind, *, settings: Settings, today: date) -> date:
    """Return the newest business day whose data of a kind expires today."""
    return today - timedelta(days=retention_days(settings, kind))


def is_due(day: date, kind: Kind, *, settings: Settings, today: date) -> bool:
    """Return whether a business day's data of one kind has expired."""
    return day <= last_due(kind, settings=settings, today=today)


def clear_fields(name: str, data: Mapping[str, Any], kinds: Collection[Kind]) -> dict[str, Any]:
    """Return an event's data with the fields of some kinds emptied.

    If words have expired, unknown fields are removed too, because they could contain words.

    Args:
        name: The event's name.
        data: Its data.
        kinds: The expired kinds.
    """
    left = _known(name, data) if "words" in kinds else dict(data)
    for kind in kinds:
        for field in PERSONAL_FIELDS[kind].get(name, ()):
            if left.get(field):
                left[field] = None if field == "device_token_hash" else ""
    return left


def clear_line(line: bytes, kinds: Collection[Kind]) -> bytes | None:
    """Return a line of the landing with the fields of some kinds emptied.

    None for a broken line: it could contain anything.
    """
    try:
        event = parse_event(line)
    except InvalidEvent:
        return None
    left = event.model_copy(update={"data": clear_fields(event.event, event.data, kinds)})
    if "words" in kinds:
        left = Event.model_construct(**{name: getattr(left, name) for name in Event.model_fields})
    return line if left == event else left.line()


def clear_json(name: str, data: str, kinds: Collection[Kind]) -> str:
    """Return an event's data, as the lake stores it, with the fields of some kinds emptied."""
    before = json.loads(data)
    left = clear_fields(name, before, kinds)
    return data if left == before else json.dumps(left, ensure_ascii=False, separators=(",", ":"))


def _known(name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    model = EVENTS.get(name)
    if model is None:
        return {}
    try:
        return _declared(model.model_validate(data))
    except ValidationError:
        return {}


def _declared(content: BaseModel) -> dict[str, Any]:
    """Return a model's declared fields, without unknown ones at any depth."""
    return {name: _plain(getattr(content, name)) for name in type(content).model_fields}


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _declared(value)
    return list(value) if isinstance(value, tuple) else value
