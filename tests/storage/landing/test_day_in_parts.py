"""A large day read in parts of whole cafés has the rows, doubles and faults of the day read at once."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pilot.events import Event
from pilot.identifiers import new_identifier
from pilot.lake_tables.tables import RAW_EVENTS
from storage.lake import Lake
from storage.landing.day_in_parts import DayInParts, read_day_in_parts
from storage.landing.days import read_day
from storage.landing.folder_segments import FolderSegments
from storage.landing.segments import SegmentName, publish
from tests.storage.recorded import MONDAY_MORNING, utterances

MONDAY = MONDAY_MORNING.date()
KNOWN = ("aurora", "goteborg", "malmohuset", "norr")
COMMIT = {"run": "test"}


def of_cafe(cafe: str, count: int = 2) -> list[Event]:
    return [event.model_copy(update={"cafe": cafe}) for event in utterances(count)]


def in_parts(segments: FolderSegments, *, part_rows: int = 3, **options: object) -> DayInParts:
    return read_day_in_parts(segments, MONDAY, cafes=KNOWN, small_day_bytes=0, part_rows=part_rows, **options)  # type: ignore[arg-type]


def assert_as_at_once(segments: FolderSegments, found: DayInParts, **options: object) -> None:
    whole = read_day(segments, MONDAY, **options)  # type: ignore[arg-type]
    parts = list(found.parts())
    order = ["cafe", "event_id"]
    together = pl.concat(parts).sort(order) if parts else whole.frame.clear()
    assert_frame_equal(together, whole.frame.sort(order))
    named = [part["cafe"].unique().to_list() for part in parts]
    assert [max(each) for each in named] == sorted(max(each) for each in named)
    assert len([cafe for each in named for cafe in each]) == whole.frame["cafe"].n_unique()
    assert (found.faults, found.unknown) == (whole.faults, dict(whole.unknown))
    assert (found.duplicates, found.segments) == (whole.duplicates, whole.segments)
    assert found.reappeared == whole.reappeared


@settings(max_examples=8, deadline=None)
@given(
    visits=st.lists(st.tuples(st.sampled_from([*KNOWN, "abba", "unknown", "zz"]), st.booleans()), max_size=8),
    part_rows=st.integers(1, 9),
)
def test_parts_have_the_rows_of_the_whole_day(
    visits: list[tuple[str, bool]], part_rows: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    segments = FolderSegments(tmp_path_factory.mktemp("landing"))
    for cafe, is_doubled in visits:
        events = of_cafe(cafe)
        for _ in range(1 + is_doubled):
            publish(segments, events, replica="edge1", identifier=new_identifier())
    assert_as_at_once(segments, in_parts(segments, part_rows=part_rows))


def test_damage_and_erased_sessions_are_reported_as_of_the_whole_day(segments: FolderSegments) -> None:
    erased, kept = of_cafe("aurora"), of_cafe("norr")
    publish(segments, [*erased, *kept], replica="edge1", identifier=new_identifier())
    body = kept[0].line().replace(b'"epoch":1', b'"epoch":0') + b"not json\n"
    segments.put(SegmentName.of(body, day=MONDAY, replica="edge1", identifier=new_identifier()), body)
    segments.put(SegmentName(MONDAY, "edge1", new_identifier(), "00000000"), b"damaged\n")
    gone = {erased[0].session_id}
    found = in_parts(segments, erased=gone)
    assert found.reappeared == gone
    assert len(found.faults) == 3
    assert_as_at_once(segments, found, erased=gone)


def test_an_event_at_two_cafes_counts_once_as_of_the_whole_day(segments: FolderSegments) -> None:
    events = of_cafe("aurora")
    publish(segments, events, replica="edge1", identifier=new_identifier())
    moved = [event.model_copy(update={"cafe": "norr"}) for event in events]
    publish(segments, moved, replica="edge2", identifier=new_identifier())
    found = in_parts(segments)
    assert found.duplicates == 2
    assert_as_at_once(segments, found)


def test_the_lake_takes_the_parts_and_has_the_rows_of_the_whole_day(segments: FolderSegments, tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    for cafe in ("norr", "aurora", "unknown", "goteborg"):
        publish(segments, of_cafe(cafe), replica="edge1", identifier=new_identifier())
    lake.replace_partition(RAW_EVENTS, MONDAY, read_day(segments, MONDAY).frame, commit=COMMIT)
    before = lake.read(RAW_EVENTS)
    lake.replace_partition_in_parts(RAW_EVENTS, MONDAY, in_parts(segments).parts, commit=COMMIT)
    assert_frame_equal(lake.read(RAW_EVENTS), before)
    assert lake.rows_by_day(RAW_EVENTS) == {MONDAY: 8}
