"""A business day read back: SQL agrees with the contract, in any order and with any damage."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pilot.identifiers import new_identifier
from pilot.lake_tables.tables import RAW_EVENTS
from storage.lake_schema import polars_schema
from storage.landing import days as module
from storage.landing.days import read_day
from storage.landing.folder_segments import FolderSegments
from storage.landing.segments import SegmentName, publish
from tests.storage.recorded import MONDAY_MORNING, TUESDAY_MORNING, ids, utterances

MONDAY = MONDAY_MORNING.date()


def put(segments: FolderSegments, body: bytes, *, replica: str = "edge1") -> SegmentName:
    name = SegmentName.of(body, day=MONDAY, replica=replica, identifier=new_identifier())
    segments.put(name, body)
    return name


def test_a_day_without_segments_is_a_typed_empty_frame(segments: FolderSegments) -> None:
    day = read_day(segments, MONDAY)
    assert day.frame.height == 0
    assert dict(day.frame.schema) == polars_schema(RAW_EVENTS)
    assert (day.faults, day.unknown, day.duplicates, day.segments) == ((), {}, 0, 0)


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
def test_the_order_of_segments_and_duplicates_does_not_matter(data: st.DataObject) -> None:
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


def test_two_versions_of_one_event_are_decided_by_the_segments_names(segments: FolderSegments) -> None:
    (event,) = utterances(1)
    other = event.model_copy(update={"cafe": "goteborg"})
    first = put(segments, event.line(), replica="edge1")
    put(segments, other.line(), replica="edge2")
    day = read_day(segments, MONDAY)
    assert day.frame["segment"].to_list() == [first.path]
    assert day.frame["cafe"].to_list() == ["aurora"]
    assert day.duplicates == 1


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
    assert day.reappeared == {erased[0].session_id}
    assert read_day(segments, MONDAY, erased={new_identifier()}).reappeared == frozenset()


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
