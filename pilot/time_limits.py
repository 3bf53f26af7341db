"""Time limits: how long each kind of what a guest leaves is kept, and what of an event is left once that is over.

What goes is emptied, not the event: what happened, when and how long it took stays, and so do the figures.
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

# The fields of events that hold what a guest said, wrote or caused to be said, and by what a device is known.
HELD: dict[Kind, dict[str, tuple[str, ...]]] = {
    "audio": {},  # no event holds sound
    "words": {
        "utterance_committed": ("transcript", "question"),
        "utterance_edited": ("transcript",),
        "reply_sent": ("text",),
        "client_error": ("message",),
    },
    "devices": {
        "page_opened": ("device_hash",),
        "session_started": ("device_hash",),
        "consent_decided": ("device_token_hash",),
    },
}


def kept_days(settings: Settings, kind: Kind) -> int:
    """Return for how many days a kind is kept."""
    return {"audio": settings.audio_days, "words": settings.words_days, "devices": settings.devices_days}[kind]


def last_due(kind: Kind, *, settings: Settings, today: date) -> date:
    """Return the newest business day of which everything of a kind goes today."""
    return today - timedelta(days=kept_days(settings, kind))


def is_due(day: date, kind: Kind, *, settings: Settings, today: date) -> bool:
    """Return whether the time of everything of one kind from a business day is over."""
    return day <= last_due(kind, settings=settings, today=today)


def emptied(name: str, data: Mapping[str, Any], kinds: Collection[Kind]) -> dict[str, Any]:
    """Return an event's data without what some kinds hold.

    Where words go, so does everything that this version does not know: it could be words.

    Args:
        name: The event's name.
        data: Its data.
        kinds: What goes.
    """
    left = _known(name, data) if "words" in kinds else dict(data)
    for kind in kinds:
        for field in HELD[kind].get(name, ()):
            if left.get(field):
                left[field] = None if field == "device_token_hash" else ""
    return left


def emptied_line(line: bytes, kinds: Collection[Kind]) -> bytes | None:
    """Return a line of the landing without what some kinds hold, None for a broken one: it could hold anything."""
    try:
        event = parse_event(line)
    except InvalidEvent:
        return None
    left = event.model_copy(update={"data": emptied(event.event, event.data, kinds)})
    if "words" in kinds:
        left = Event.model_construct(**{name: getattr(left, name) for name in Event.model_fields})
    return line if left == event else left.line()


def emptied_json(name: str, data: str, kinds: Collection[Kind]) -> str:
    """Return an event's data, as the lake keeps it, without what some kinds hold."""
    before = json.loads(data)
    left = emptied(name, before, kinds)
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
    """Return a model's own fields, what it does not know left out at every depth."""
    return {name: _plain(getattr(content, name)) for name in type(content).model_fields}


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _declared(value)
    return list(value) if isinstance(value, tuple) else value
