"""Merges a past day's many small segments into few large ones.

A prober publishes a segment every half minute: three cafés would leave a million objects a year. A segment is never
changed: the merged one is published first, then the old ones are deleted. After a crash in between, lines exist twice,
which readers count once, and the next merge drops the doubles. Damaged segments are left for `pilot landing salvage`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from pilot.identifiers import new_identifier
from storage.errors import CorruptSegment
from storage.landing.segments import SegmentName, Segments

MERGED_BYTES = 32 * 1024 * 1024  # of one merged segment; bounds the memory
LARGE_BYTES = MERGED_BYTES // 2  # a segment of this size is not merged again


@dataclass(frozen=True, slots=True)
class MergeResult:
    """Counts of a merge.

    Attributes:
        merged: Segments that were replaced.
        published: Segments that replaced them.
    """

    merged: int = 0
    published: int = 0

    def __add__(self, other: MergeResult) -> MergeResult:
        return MergeResult(self.merged + other.merged, self.published + other.published)


def merge_day(segments: Segments, day: date) -> MergeResult:
    """Merge each replica's small segments of a day; a day without several of them is left alone.

    Hold the home's lock, and rebuild no day meanwhile: a reader that has listed the old segments does not find them.

    Raises:
        LandingUnavailable: the landing cannot be reached; a retry is safe.
    """
    by_replica: defaultdict[str, list[SegmentName]] = defaultdict(list)
    for name in segments.list(day):
        by_replica[name.replica].append(name)
    done = MergeResult()
    for names in by_replica.values():
        if len(names) > 1:
            for group, bodies in _groups(segments, names):
                done += _merge(segments, group, bodies)
    return done


def _groups(segments: Segments, names: Sequence[SegmentName]) -> Iterator[tuple[list[SegmentName], list[bytes]]]:
    """Yield small sound segments in their order, as many as fit into one merged segment."""
    group: list[SegmentName] = []
    bodies: list[bytes] = []
    size = 0
    for name in names:
        try:
            body = segments.read(name)
        except CorruptSegment:
            continue
        if len(body) >= LARGE_BYTES:
            continue
        if size + len(body) > MERGED_BYTES:
            if len(group) > 1:
                yield group, bodies
            group, bodies, size = [], [], 0
        group.append(name)
        bodies.append(body)
        size += len(body)
    if len(group) > 1:
        yield group, bodies


def _merge(segments: Segments, group: Sequence[SegmentName], bodies: Sequence[bytes]) -> MergeResult:
    lines = dict.fromkeys(line for body in bodies for line in body.split(b"\n") if line)
    body = b"".join(line + b"\n" for line in lines)
    first = group[0]
    name = SegmentName.of(body, day=first.day, replica=first.replica, identifier=new_identifier())
    segments.put(name, body)
    for old in group:
        segments.remove(old)
    return MergeResult(merged=len(group), published=1)
