"""By columns and by the contract: the same verdict on every line, and the same row."""

from __future__ import annotations

import itertools
import json
import tempfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from pilot.errors import InvalidEvent
from pilot.events import EVENTS, Event, make_event, parse_event, unknown_parts
from pilot.identifiers import new_identifier
from storage.landing import days as module
from storage.landing.contract_sql import known_events
from storage.landing.days import DayEvents, read_day
from storage.landing.folder_segments import FolderSegments
from storage.landing.segments import SegmentName
from tests.storage.recorded import MONDAY_MORNING

MONDAY = MONDAY_MORNING.date()
_numbers = itertools.count()


def read_lines(lines: list[bytes]) -> DayEvents:
    with tempfile.TemporaryDirectory() as folder:
        segments = FolderSegments(Path(folder))
        body = b"".join(line + b"\n" for line in lines)
        segments.put(SegmentName.of(body, day=MONDAY, replica="edge1", identifier=new_identifier()), body)
        return read_day(segments, MONDAY)


EXAMPLES: dict[str, dict[str, Any]] = {
    "page_opened": {"code": "AB23CD", "language": "sv", "device_hash": "x"},
    "session_started": {"mode": "voice", "language": "en", "client": {"browser": "Safari"}, "device_hash": "x"},
    "consent_decided": {"granted": True, "version": "1", "scope": ["transcript"]},
    "microphone_result": {"result": "granted", "sample_rate": 48000},
    "client_error": {"code": "x"},
    "utterance_committed": {
        "turn": 1,
        "revision": 1,
        "mode": "voice",
        "language": "sv",
        "transcript": "t",
        "confidence": 0.5,
    },
    "utterance_edited": {"turn": 1, "transcript": ""},
    "reply_sent": {
        "turn": 1,
        "text": "t",
        "author": "scripted",
        "purpose": "thanks",
        "marks": {"commit": 12.5},
        "speech_end_page_ms": 1.0,
    },
    "reply_shown": {"turn": 2, "response_ms": 800.5, "implausible": False},
    "turn_failed": {"turn": 1, "reason": "busy"},
    "session_completed": {"turns": 1, "language": "sv", "receipt_hash": "h", "reference": "r", "preliminary_score": 50},
    "session_abandoned": {"reason": "idle"},
    "probe": {
        "target": "customer_page",
        "ok": True,
        "duration_ms": 3.5,
        "every_seconds": 30,
        "cafes": ["aurora", "goteborg"],
        "durations_ms": [3.5, 2],
    },
}
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 200),
    st.sampled_from([0.5, 1.0, -0.5, 1e300, 2**63, 2**64, 10**30]),
    st.sampled_from(["", "1", "true", "sv", "voice", "granted", "x" * 41, "x" * 501, "2026-11-23T07:30:00.000000Z"]),
    st.sampled_from(["2026-11-23T07:30:00+01:00", "2026-13-23T07:30:00Z", "2026-11-23 07:30:00Z", "20261123T073000Z"]),
    st.sampled_from([[], ["a"], ["a", 1], {}, {"browser": "x", "in_app": 1}, {"commit": "x"}, {"commit": None}]),
)


def whole_line(event: str) -> dict[str, Any]:
    content: BaseModel = EVENTS[event].model_validate(EXAMPLES[event])
    made: Event = make_event(
        content,
        event_id=new_identifier(at=MONDAY_MORNING),
        at=MONDAY_MORNING,
        session_id=new_identifier(at=MONDAY_MORNING),
        cafe="aurora",
        edge="edge1",
        epoch=1,
        seq=next(_numbers),
        simulated=False,
    )
    tree: dict[str, Any] = json.loads(made.line())
    return tree


def places(tree: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [path] if path else []
    if isinstance(tree, dict):
        for name, inner in tree.items():
            found += places(inner, (*path, name))
    return found


@st.composite
def changed_lines(draw: st.DrawFn) -> bytes:
    tree = whole_line(draw(st.sampled_from(sorted(EVENTS))))
    for _ in range(draw(st.integers(0, 2))):
        *parents, name = draw(st.sampled_from(places(tree)))
        place = tree
        for parent in parents:
            place = place[parent]
        if draw(st.booleans()):
            place[name] = draw(ODD)
        else:
            del place[name]
    return json.dumps(tree, ensure_ascii=draw(st.booleans())).encode()


@settings(max_examples=30)
@given(lines=st.lists(changed_lines(), min_size=1, max_size=40, unique=True))
def test_sql_accepts_and_reads_a_line_as_the_contract_does(lines: list[bytes]) -> None:
    kept: dict[str, Event] = {}
    refused = set()
    unknown: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        try:
            event = parse_event(line)
        except InvalidEvent:
            refused.add(number)
            continue
        if event.day != MONDAY or max(event.schema_version, event.epoch, event.seq) >= 2**63:
            refused.add(number)
            continue
        kept.setdefault(event.event_id, event)
        for name in unknown_parts(event):
            unknown[name] = unknown.get(name, 0) + 1
    day = read_lines(lines)
    assert {fault.line for fault in day.faults} == refused
    assert day.unknown == unknown
    rows = {row["event_id"]: row for row in day.frame.iter_rows(named=True)}
    assert set(rows) == set(kept)
    for identifier, event in kept.items():
        row = rows[identifier]
        assert json.loads(row.pop("data")) == event.data
        assert row["at"] == event.at
        expected = event.model_dump(include=set(row), exclude={"at"})
        assert {name: row[name] for name in expected} == expected


def test_sql_accepts_every_line_that_an_edge_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> pl.DataFrame:
        raise AssertionError("a good line was looked at one by one")

    monkeypatch.setattr(module, "_one_by_one", never)
    assert set(EXAMPLES) == set(EVENTS)
    day = read_lines([json.dumps(whole_line(event)).encode() for event in EVENTS])
    assert day.frame.height == len(EVENTS)


def test_sql_covers_every_part_of_the_contract() -> None:
    assert set(known_events()) == set(EVENTS)
    assert [name for name, event in known_events().items() if "false)" in event.condition.replace("'false')", "")] == []
