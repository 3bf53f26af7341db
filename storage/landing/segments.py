"""Segments: immutable files of one business day's events, with their checksum in the name."""

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
    """The name of a segment, with the checksum of its bytes.

    Attributes:
        day: The business day of every event in it.
        replica: The replica that published it.
        identifier: A UUIDv7, the name of its log file.
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
        """Parse a path within the landing; return None if it is not a segment's."""
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
        """Publish `body`; return False if the name exists. Never overwrites."""

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
        """Move a segment to `damaged/`, which no reader lists."""

    def remove(self, name: SegmentName) -> None:
        """Delete a segment for good, if it exists."""

    def damaged(self) -> builtins.list[SegmentName]:
        """Return the names of the segments that were set aside, sorted."""

    def read_damaged(self, name: SegmentName) -> bytes:
        """Return the bytes of a segment that was set aside, as they are."""

    def put_damaged(self, name: SegmentName, body: bytes) -> None:
        """Store the rest of a segment among the damaged ones."""

    def remove_damaged(self, name: SegmentName) -> None:
        """Delete a segment that was set aside, for good."""

    def sweep(self) -> None:
        """Delete half-written files of dead writers."""

    def bytes_of(self, day: date) -> int:
        """Return the size of a day's segments in bytes."""

    def fingerprints(self) -> dict[date, str]:
        """Return the fingerprint of every day with segments; it changes with the day's set of segments."""


def validate_body(name: SegmentName, body: bytes) -> bytes:
    """Return `body` if its checksum matches `name`.

    Raises:
        CorruptSegment: it does not.
    """
    found = checksum(body)
    if found != name.checksum:
        raise CorruptSegment(segment=name.path, expected=name.checksum, found=found)
    return body


def fingerprint(names: Iterable[str]) -> str:
    """Return the fingerprint of a set of names, independent of their order."""
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(names):
        digest.update(name.encode() + b"\n")
    return digest.hexdigest()


def publish(segments: Segments, events: Iterable[Event], *, replica: str, identifier: str) -> list[SegmentName]:
    """Publish events as one segment for each business day, without an append log.

    Args:
        segments: The landing.
        events: The events in their order.
        replica: The publishing replica, lower-case letters and digits.
        identifier: A UUIDv7 of this publication; a repetition with the same events changes nothing.

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
