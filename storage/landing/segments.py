"""Segments: immutable, uniquely named files of events, one business day each, with their checksum in the name."""

from __future__ import annotations

import builtins
import hashlib
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from pilot.events import Event
from storage.errors import CorruptSegment

_NAME = re.compile(
    r"day=(?P<day>\d{4}-\d{2}-\d{2})/(?P<replica>[a-z0-9]+)"
    r"-(?P<identifier>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-(?P<checksum>[0-9a-f]{8})\.ndjson"
)


def checksum(body: bytes) -> str:
    """Return the CRC-32 of `body` (zlib's) as eight hex digits."""
    return f"{zlib.crc32(body):08x}"


@dataclass(frozen=True, slots=True, order=True)
class SegmentName:
    """Where a segment lies and what its bytes must add up to.

    Attributes:
        day: The business day of every event in it.
        replica: Who published it.
        identifier: A UUIDv7: the log file that it was made from.
        checksum: CRC-32 of its bytes, eight hex digits.
    """

    day: date
    replica: str
    identifier: str
    checksum: str

    @property
    def folder(self) -> str:
        """Return the day's folder within the landing."""
        return f"day={self.day.isoformat()}"

    @property
    def file(self) -> str:
        """Return the file's name within the day's folder."""
        return f"{self.replica}-{self.identifier}-{self.checksum}.ndjson"

    @property
    def path(self) -> str:
        """Return the path within the landing."""
        return f"{self.folder}/{self.file}"

    @classmethod
    def of(cls, body: bytes, *, day: date, replica: str, identifier: str) -> SegmentName:
        """Return the name under which `body` is published."""
        return cls(day, replica, identifier, checksum(body))

    @classmethod
    def parse(cls, path: str) -> SegmentName | None:
        """Return the name that a path within the landing is, or None for anything else that lies there."""
        match = _NAME.fullmatch(path)
        if match is None:
            return None
        try:
            day = date.fromisoformat(match["day"])
        except ValueError:
            return None
        return cls(day, match["replica"], match["identifier"], match["checksum"])


class Segments(Protocol):
    """The published segments, in a folder or in an object store."""

    def put(self, name: SegmentName, body: bytes) -> bool:
        """Publish `body`; False where the name is there already. Never overwrites."""

    def list(self, day: date) -> list[SegmentName]:
        """Return the names of a day's segments, sorted."""

    def read(self, name: SegmentName) -> bytes:
        """Return a segment's bytes, checked against its name.

        Raises:
            CorruptSegment: the checksum differs.
        """

    def read_unchecked(self, name: SegmentName) -> bytes:
        """Return a segment's bytes as they are."""

    def set_aside(self, name: SegmentName) -> None:
        """Move a segment to `damaged/`, out of every reader's sight."""

    def remove(self, name: SegmentName) -> None:
        """Delete a segment for good; one that is gone already is no error."""

    def damaged(self) -> builtins.list[SegmentName]:
        """Return the names of the segments that were set aside, sorted."""

    def read_damaged(self, name: SegmentName) -> bytes:
        """Return the bytes of a segment that was set aside, as they are."""

    def put_damaged(self, name: SegmentName, body: bytes) -> None:
        """Put what is left of a segment that was set aside among the damaged ones."""

    def remove_damaged(self, name: SegmentName) -> None:
        """Delete a segment that was set aside, for good."""

    def sweep(self) -> None:
        """Delete what writers that died left half written."""

    def bytes_of(self, day: date) -> int:
        """Return how many bytes a day's segments take."""

    def fingerprints(self) -> dict[date, str]:
        """Return a text for every day that has segments; it changes whenever the day gains or loses one."""


def checked(name: SegmentName, body: bytes) -> bytes:
    """Return `body` if it is what `name` promises.

    Raises:
        CorruptSegment: it is not.
    """
    found = checksum(body)
    if found != name.checksum:
        raise CorruptSegment(segment=name.path, expected=name.checksum, found=found)
    return body


def fingerprint(names: Iterable[str]) -> str:
    """Return one text for a set of names, whatever their order."""
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(names):
        digest.update(name.encode() + b"\n")
    return digest.hexdigest()


def publish(segments: Segments, events: Iterable[Event], *, replica: str, identifier: str) -> list[SegmentName]:
    """Publish events at once, one segment a business day, without an append log (simulators, imports).

    Args:
        segments: Where to.
        events: In the order in which they are written.
        replica: Who publishes, lower-case letters and digits.
        identifier: A UUIDv7 of this publication's own; the same one with the same events changes nothing.

    Returns:
        The segments' names, by day.
    """
    bodies: defaultdict[date, list[bytes]] = defaultdict(list)
    for event in events:
        bodies[event.day].append(event.line())
    names = []
    for day, lines in sorted(bodies.items()):
        body = b"".join(lines)
        name = SegmentName.of(body, day=day, replica=replica, identifier=identifier)
        segments.put(name, body)
        names.append(name)
    return names
