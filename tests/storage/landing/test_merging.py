"""Small segments of a past day are merged; the day's events stay the same through any crash."""

from __future__ import annotations

import contextlib
from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pilot.identifiers import new_identifier
from storage.landing import merging
from storage.landing.days import read_day
from storage.landing.folder_segments import FolderSegments
from storage.landing.merging import merge_day
from storage.landing.segments import SegmentName, publish
from tests.storage.recorded import MONDAY_MORNING, TUESDAY_MORNING, utterances

MONDAY = MONDAY_MORNING.date()


class Killed(Exception):
    """The process ended at this point."""


class DyingSegments(FolderSegments):
    """A landing whose process is killed after some deletions."""

    deletions = 0

    def remove(self, name: SegmentName) -> None:
        if not self.deletions:
            raise Killed
        self.deletions -= 1
        super().remove(name)


def put_many(segments: FolderSegments, count: int, *, replica: str = "watch") -> None:
    for number in range(count):
        said = f"number {number}"
        publish(segments, utterances(2, said=said), replica=replica, identifier=new_identifier())


def events_of(segments: FolderSegments, day: date = MONDAY) -> pl.DataFrame:
    frame: pl.DataFrame = read_day(segments, day).frame
    return frame.drop("segment")


def test_each_replicas_small_segments_become_one(segments: FolderSegments) -> None:
    put_many(segments, 5)
    put_many(segments, 3, replica="edge1")
    before = read_day(segments, MONDAY).frame.drop("segment")
    result = merge_day(segments, MONDAY)
    assert (result.merged, result.published) == (8, 2)
    assert [name.replica for name in segments.list(MONDAY)] == ["edge1", "watch"]
    after = read_day(segments, MONDAY)
    assert_frame_equal(after.frame.drop("segment"), before)
    assert after.duplicates == 0


def test_a_merged_day_is_left_alone(segments: FolderSegments) -> None:
    put_many(segments, 4)
    merge_day(segments, MONDAY)
    before = segments.fingerprints()
    assert merge_day(segments, MONDAY).merged == 0
    assert segments.fingerprints() == before


def test_another_days_segments_are_untouched(segments: FolderSegments) -> None:
    put_many(segments, 2)
    for _ in range(2):
        publish(segments, utterances(1, at=TUESDAY_MORNING), replica="watch", identifier=new_identifier())
    merge_day(segments, MONDAY)
    assert len(segments.list(TUESDAY_MORNING.date())) == 2


def test_a_damaged_segment_stays_for_salvage(segments: FolderSegments) -> None:
    put_many(segments, 3)
    broken = SegmentName(MONDAY, "watch", new_identifier(), "00000000")
    segments.put(broken, b"not what its checksum says\n")
    merge_day(segments, MONDAY)
    assert broken in segments.list(MONDAY)
    assert len(segments.list(MONDAY)) == 2
    assert [fault.segment for fault in read_day(segments, MONDAY).faults] == [broken.path]


def test_a_large_segment_is_not_merged_again(segments: FolderSegments, monkeypatch: pytest.MonkeyPatch) -> None:
    put_many(segments, 6)
    size = len(segments.read(segments.list(MONDAY)[0]))
    monkeypatch.setattr(merging, "MERGED_BYTES", 3 * size)
    monkeypatch.setattr(merging, "LARGE_BYTES", 3 * size // 2)
    assert merge_day(segments, MONDAY).published == 2
    assert merge_day(segments, MONDAY).merged == 0


@settings(max_examples=12)
@given(deletions=st.integers(0, 5), again=st.integers(0, 5))
def test_a_crash_at_any_point_loses_and_doubles_no_event(
    deletions: int, again: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    segments = DyingSegments(tmp_path_factory.mktemp("landing"))
    put_many(segments, 5)
    before = events_of(segments)
    for left in (deletions, again):
        segments.deletions = left
        with contextlib.suppress(Killed):
            merge_day(segments, MONDAY)
        assert_frame_equal(events_of(segments), before)
    segments.deletions = 100
    merge_day(segments, MONDAY)
    after = read_day(segments, MONDAY)
    assert_frame_equal(after.frame.drop("segment"), before)
    assert (after.duplicates, len(segments.list(MONDAY))) == (0, 1)
