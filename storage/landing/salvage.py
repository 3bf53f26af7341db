"""Saves what is still whole of a damaged segment."""

from __future__ import annotations

from dataclasses import dataclass

from pilot.errors import InvalidEvent
from pilot.events import parse_event
from pilot.identifiers import new_identifier
from storage.errors import CorruptSegment
from storage.landing.segments import SegmentName, Segments


@dataclass(frozen=True, slots=True)
class Salvage:
    """What became of a segment.

    Attributes:
        lines_kept: Lines that still keep the contract and are of the segment's day.
        lines_lost: Lines that do not; they stay in the damaged segment.
        republished: The segment that holds the kept ones; None where there were none.
    """

    lines_kept: int
    lines_lost: int
    republished: SegmentName | None


def salvage(segments: Segments, name: SegmentName) -> Salvage | None:
    """Publish a damaged segment's whole lines under a new name, and move the damaged one to `damaged/`.

    A flipped letter inside what a guest said still makes a whole line: the checksum covers the segment, so nobody can
    tell. Prefer a good copy from the backup where there is one.

    Returns:
        What was kept; None where the segment is not damaged, and nothing was done.

    Raises:
        LandingUnavailable: the landing cannot be reached; doing it again is safe.
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
    # Last: after a crash before this the lines are there twice, which readers see as one.
    segments.set_aside(name)
    return Salvage(lines_kept=len(whole), lines_lost=len(lines) - len(whole), republished=republished)


def _belongs(line: bytes, name: SegmentName) -> bool:
    try:
        return parse_event(line).day == name.day
    except InvalidEvent:
        return False
