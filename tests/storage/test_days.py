"""A business day read back: by columns as by the contract itself, whatever the order and whatever is broken."""

from __future__ import annotations

import itertools
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from pydantic import BaseModel

from pilot.errors import InvalidEvent
from pilot.events import EVENTS, Event, make_event, parse_event, unknown_parts
from pilot.identifiers import new_identifier
from pilot.tables import RAW_EVENTS
from storage.lake_schema import polars_schema
from storage.landing import days as module
from storage.landing.contract_sql import known_events
from storage.landing.days import DayEvents, read_day
from storage.landing.folder_segments import FolderSegments
from storage.landing.segments import SegmentName, publish
from tests.storage.recorded import MONDAY_MORNING, TUESDAY_MORNING, ids, utterances

MONDAY = MONDAY_MORNING.date()
_numbers = itertools.count()


def put(segments: FolderSegments, body: bytes, *, replica: str = "edge1") -> SegmentName:
    name = SegmentName.of(body, day=MONDAY, replica=replica, identifier=new_identifier())
    segments.put(name, body)
    return name


def read_lines(lines: list[bytes]) -> DayEvents:
    with tempfile.TemporaryDirectory() as folder:
        segments = FolderSegments(Path(folder))
        put(segments, b"".join(line + b"\n" for line in lines))
        return read_day(segments, MONDAY)


def test_a_day_without_segments_is_a_typed_empty_frame(segments: FolderSegments) -> None:
    day = read_day(segments, MONDAY)
    assert day.frame.height == 0
    assert dict(day.frame.schema) == polars_schema(RAW_EVENTS)
    assert (day.faults, day.unknown, day.doubles, day.segments) == ((), {}, 0, 0)


def test_an_event_comes_back_as_it_was_recorded(segments: FolderSegments) -> None:
    (event,) = utterances(1, said='Kön var "lång", 🥐 \u2028 & åäö \\ \u0007 \u0000 \ufeff')
    (name,) = publish(segments, [event], replica="edge1", identifier=new_identifier())
    row = read_day(segments, MONDAY).frame.row(0, named=True)
    assert json.loads(row.pop("data")) == event.data
    assert row == {
        "day": MONDAY,
        "event_id": event.event_id,
        "event": "utterance_committed",
        "at": MONDAY_MORNING,
        "session_id": event.session_id,
        "cafe": "aurora",
        "edge": "edge1",
        "epoch": 1,
        "seq": 0,
        "simulated": True,
        "schema_version": 1,
        "segment": name.path,
    }


@settings(max_examples=10)
@given(data=st.data())
def test_the_order_of_segments_and_doubles_never_shows(data: st.DataObject) -> None:
    events = [*utterances(4), *utterances(3)]
    parts = data.draw(st.lists(st.lists(st.sampled_from(events), max_size=9), max_size=5))
    parts.append(events)
    identifiers = [f"01a20a2d-ffda-73f3-856d-{number:012x}" for number in range(len(parts))]
    frames = []
    for order in (parts, data.draw(st.permutations(list(zip(parts, identifiers, strict=True))))):
        with tempfile.TemporaryDirectory() as folder:
            segments = FolderSegments(Path(folder))
            pairs = zip(parts, identifiers, strict=True) if order is parts else order
            for part, identifier in pairs:
                publish(segments, part, replica="edge1", identifier=identifier)  # type: ignore[arg-type]
            frames.append(read_day(segments, MONDAY).frame)
    assert_frame_equal(*frames)
    assert sorted(frames[0]["event_id"]) == sorted(ids(events))
    assert_frame_equal(frames[0], frames[0].sort("session_id", "epoch", "seq", "event_id"))


def test_two_versions_of_one_event_are_settled_by_the_segments_names(segments: FolderSegments) -> None:
    (event,) = utterances(1)
    other = event.model_copy(update={"cafe": "goteborg"})
    first = put(segments, event.line(), replica="edge1")
    put(segments, other.line(), replica="edge2")
    day = read_day(segments, MONDAY)
    assert day.frame["segment"].to_list() == [first.path]
    assert day.frame["cafe"].to_list() == ["aurora"]
    assert day.doubles == 1


def test_a_damaged_segment_leaves_the_rest(segments: FolderSegments) -> None:
    good, lost = utterances(2), utterances(2)
    publish(segments, good, replica="edge1", identifier=new_identifier())
    (name,) = publish(segments, lost, replica="edge2", identifier=new_identifier())
    body = segments.read(name)
    segments.set_aside(name)
    segments.put(name, body[:-1])
    day = read_day(segments, MONDAY)
    assert day.frame["event_id"].to_list() == ids(good)
    (fault,) = day.faults
    assert (fault.segment, fault.line) == (name.path, None)
    assert name.checksum in fault.reason
    assert day.segments == 2


def test_broken_lines_are_named_by_number_without_their_words(segments: FolderSegments) -> None:
    good = utterances(2, said="Hemligt ord")
    lines = [event.line().rstrip(b"\n") for event in good]
    name = put(
        segments,
        b"\n".join(
            [
                lines[0],
                b"{not json Hemligt ord",
                lines[0].replace(b'"turn":1', b'"turn":"Hemligt ord"'),
                b"",
                b'["Hemligt ord"]',
                lines[1],
                b"\xff\xfe",
            ]
        ),
    )
    day = read_day(segments, MONDAY)
    assert day.frame["event_id"].to_list() == ids(good)
    assert [(fault.segment, fault.line) for fault in day.faults] == [(name.path, number) for number in (2, 3, 4, 5, 7)]
    assert ": turn: " in day.faults[1].reason
    assert "Hemligt" not in repr(day)


def test_an_event_of_another_day_is_a_fault_of_its_segment(segments: FolderSegments) -> None:
    body = b"".join(event.line() for event in [*utterances(1), *utterances(1, at=TUESDAY_MORNING)])
    put(segments, body)
    day = read_day(segments, MONDAY)
    assert day.frame.height == 1
    assert day.faults[0].line == 2
    assert "2026-11-24" in day.faults[0].reason


def test_a_session_belongs_to_stockholms_day_to_the_millisecond(segments: FolderSegments) -> None:
    last = datetime(2026, 11, 23, 22, 59, 59, 999000, tzinfo=UTC)
    first = datetime(2026, 11, 22, 23, 0, 0, 0, tzinfo=UTC)
    outside = datetime(2026, 11, 23, 23, 0, 0, 0, tzinfo=UTC)
    events = [utterances(1, at=at)[0] for at in (last, first, outside)]
    put(segments, b"".join(event.line() for event in events))
    day = read_day(segments, MONDAY)
    assert sorted(day.frame["event_id"]) == sorted(ids(events[:2]))
    assert [fault.line for fault in day.faults] == [3]


def test_erased_sessions_are_left_out(segments: FolderSegments) -> None:
    kept, erased = utterances(2), utterances(2)
    publish(segments, kept + erased, replica="edge1", identifier=new_identifier())
    day = read_day(segments, MONDAY, erased={erased[0].session_id})
    assert day.frame["event_id"].to_list() == ids(kept)


def test_unknown_events_and_fields_are_kept_and_counted(segments: FolderSegments) -> None:
    first, second, third = (json.loads(event.line()) for event in utterances(3))
    first["data"]["mood"] = "glad"
    second["weather"] = "rain"
    third |= {"event": "table_wiped", "data": {"by": "Siv"}}
    # Known to the slow way only: a number as text.
    fourth = json.loads(utterances(1)[0].line())
    fourth["data"] |= {"turn": "1", "mood": "glad"}
    put(segments, b"".join(json.dumps(line).encode() + b"\n" for line in (first, second, third, fourth)))
    day = read_day(segments, MONDAY)
    assert day.faults == ()
    assert day.unknown == {"envelope:weather": 1, "event:table_wiped": 1, "utterance_committed.mood": 2}
    kept = {row["event"]: json.loads(row["data"]) for row in day.frame.iter_rows(named=True)}
    assert kept["table_wiped"] == {"by": "Siv"}


def test_many_small_batches_give_the_same_day_as_one(segments: FolderSegments, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(6):
        publish(segments, utterances(3), replica="edge1", identifier=new_identifier())
    whole = read_day(segments, MONDAY).frame
    monkeypatch.setattr(module, "BATCH_BYTES", 1)
    assert_frame_equal(read_day(segments, MONDAY).frame, whole)


# By columns and by the contract: the same verdict on every line.

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
    "reply_shown": {"turn": 2, "response_ms": 800.5},
    "turn_failed": {"turn": 1, "reason": "busy"},
    "session_completed": {"turns": 1, "language": "sv", "receipt_hash": "h", "reference": "r", "preliminary_score": 50},
    "session_abandoned": {"reason": "idle"},
    "probe": {"target": "customer_page", "ok": True, "duration_ms": 3.5, "every_seconds": 30},
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
def test_by_columns_a_line_is_judged_and_read_as_by_the_contract(lines: list[bytes]) -> None:
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


def test_every_line_that_an_edge_writes_is_judged_by_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> pl.DataFrame:
        raise AssertionError("a good line was looked at one by one")

    monkeypatch.setattr(module, "_one_by_one", never)
    assert set(EXAMPLES) == set(EVENTS)
    day = read_lines([json.dumps(whole_line(event)).encode() for event in EVENTS])
    assert day.frame.height == len(EVENTS)


def test_no_part_of_the_contract_is_beyond_the_columns() -> None:
    assert set(known_events()) == set(EVENTS)
    assert [name for name, event in known_events().items() if "false)" in event.condition.replace("'false')", "")] == []
