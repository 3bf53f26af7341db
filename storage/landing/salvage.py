"""Salvages the whole lines of a damaged segment."""

from __future__ import annotations

from dataclasses import dataclass

from pilot.errors import InvalidEvent
from pilot.events import parse_event
from pilot.identifiers import new_identifier
from storage.errors import CorruptSegment
from storage.landing.segments import SegmentName, Segments


@dataclass(frozen=True, slots=True)
class Salvage:
    """The result of a salvage.

    Attributes:
        lines_kept: Number of valid lines of the segment's day.
        lines_lost: Number of other lines; they stay in the damaged segment.
        republished: The segment with the kept lines; None if there are none.
    """

    lines_kept: int
    lines_lost: int
    republished: SegmentName | None


def salvage(segments: Segments, name: SegmentName) -> Salvage | None:
    """Publish a damaged segment's whole lines under a new name, and move the damaged one to `damaged/`.

    A flipped letter in a guest's words still leaves a valid line: the checksum covers only the whole segment. Prefer a
    good copy from a backup if there is one.

    Returns:
        The result; None if the segment is not damaged, and nothing was done.

    Raises:
        LandingUnavailable: the landing cannot be reached; a retry is safe.
    """
    try:
        segments.read(name)
    except CorruptSegment:
        pass
    else:
        return None
    lines = [line for line in segments.read_unchecked(name).split(b"\n") if line]
    whole = [line + b"\n" for line in lines if _belongs(line, name)]
    republished = None
    if whole:
        body = b"".join(whole)
        republished = SegmentName.of(body, day=name.day, replica=name.replica, identifier=new_identifier())
        segments.put(republished, body)
    # Last: after a crash before this the lines exist twice, which readers count once.
    segments.set_aside(name)
    return Salvage(lines_kept=len(whole), lines_lost=len(lines) - len(whole), republished=republished)


def _belongs(line: bytes, name: SegmentName) -> bool:
    try:
        return parse_event(line).day == name.day
    except InvalidEvent:
        return False
