"""What an event keeps once its time is over: everything but words, or everything but devices."""

from __future__ import annotations

import json
from datetime import date

import pytest

from pilot.events import EVENTS, parse_event
from pilot.settings import Settings
from pilot.time_limits import KINDS, PERSONAL_FIELDS, clear_json, clear_line, is_due, last_due
from tests.events import whole_visit

WORDS = b"Kardemummabullen"
STORY = whole_visit()


def test_expired_words_are_emptied_and_figures_stay() -> None:
    lines = [event.line() for event in STORY.events]
    assert any(WORDS in line for line in lines)
    for event, line in zip(STORY.events, lines, strict=True):
        left = clear_line(line, ("words",))
        assert left is not None
        assert WORDS not in left
        after = parse_event(left)
        kept = {
            name: value
            for name, value in event.data.items()
            if name not in PERSONAL_FIELDS["words"].get(event.event, ())
        }
        assert {name: after.data[name] for name in kept} == kept
        assert clear_line(left, ("words",)) == left


def test_a_line_without_expired_data_keeps_every_byte() -> None:
    for event in STORY.events:
        if event.event in ("reply_sent", "utterance_committed"):
            assert clear_line(event.line(), ("devices",)) == event.line()


@pytest.mark.parametrize("place", ["envelope", "data", "nested", "unknown event"])
def test_unknown_fields_are_removed_with_the_words(place: str) -> None:
    started = next(event for event in STORY.events if event.event == "session_started")
    event = json.loads(started.line())
    if place == "envelope":
        event["note"] = WORDS.decode()
    elif place == "data":
        event["data"]["note"] = WORDS.decode()
    elif place == "nested":
        event["data"]["client"]["note"] = WORDS.decode()
    else:
        event |= {"event": "sang", "data": {"song": WORDS.decode()}}
    line = json.dumps(event, ensure_ascii=False).encode() + b"\n"
    left = clear_line(line, ("words",))
    assert left is not None
    assert WORDS not in left


def test_a_broken_line_is_removed() -> None:
    assert clear_line(b'{"words": "Kardemummabullen var torr', ("devices",)) is None


def test_the_lakes_data_is_emptied_like_the_landings() -> None:
    for event in STORY.events:
        for kind in KINDS:
            left = clear_line(event.line(), (kind,))
            assert left is not None
            in_lake = json.loads(clear_json(event.event, json.dumps(event.data), (kind,)))
            assert in_lake == json.loads(left)["data"]


def test_every_personal_field_exists_in_its_event() -> None:
    for held in PERSONAL_FIELDS.values():
        for event, fields in held.items():
            assert set(fields) <= set(EVENTS[event].model_fields)


@pytest.mark.parametrize(("today", "due"), [(date(2026, 12, 22), False), (date(2026, 12, 23), True)])
def test_a_day_is_due_after_its_days(today: date, due: bool) -> None:
    settings = Settings(devices_days=30)
    assert is_due(date(2026, 11, 23), "devices", settings=settings, today=today) is due
    assert last_due("devices", settings=settings, today=date(2026, 12, 23)) == date(2026, 11, 23)
