"""Segments in an S3-compatible object store, by create-only puts."""

from __future__ import annotations

import builtins
import contextlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError

from storage.errors import LandingUnavailable
from storage.landing.segments import SegmentName, fingerprint, validate_body

DAMAGED_FOLDER = "damaged"
REQUEST_TIMEOUT = timedelta(seconds=20)
RETRY_TIMEOUT = timedelta(seconds=5)  # Short, because publishers retry with backoff.
MAX_RETRIES = 2


class ObjectSegments:
    """The landing at an address such as `s3://bucket/prefix`, with credentials from AWS_* variables."""

    def __init__(self, url: str) -> None:
        self._url = url
        with self._reachable():
            self._store: Any = obstore.store.from_url(
                url,
                client_options={"timeout": REQUEST_TIMEOUT, "allow_http": True},
                retry_config={"max_retries": MAX_RETRIES, "retry_timeout": RETRY_TIMEOUT},
            )

    def put(self, name: SegmentName, body: bytes) -> bool:
        """Publish `body`; return False if the name exists."""
        with self._reachable():
            try:
                obstore.put(self._store, name.path, body, mode="create", use_multipart=False)
            except AlreadyExistsError:
                return False
            return True

    def list(self, day: date) -> list[SegmentName]:
        """Return the names of a day's segments, sorted."""
        return sorted(self._names(f"day={day.isoformat()}"))

    def read(self, name: SegmentName) -> bytes:
        """Return a segment's bytes, checked against its name."""
        return validate_body(name, self.read_unchecked(name))

    def read_unchecked(self, name: SegmentName) -> bytes:
        """Return a segment's bytes as they are."""
        with self._reachable():
            return bytes(obstore.get(self._store, name.path).bytes())

    def set_aside(self, name: SegmentName) -> None:
        """Move a segment to `damaged/`."""
        with self._reachable():
            obstore.copy(self._store, name.path, f"{DAMAGED_FOLDER}/{name.path}")
            obstore.delete(self._store, name.path)

    def remove(self, name: SegmentName) -> None:
        """Delete a segment for good; object versions that a bucket keeps are not deleted."""
        self._delete(name.path)

    def damaged(self) -> builtins.list[SegmentName]:
        """Return the names of the segments that were set aside, sorted."""
        with self._reachable():
            paths = [item["path"] for page in obstore.list(self._store, DAMAGED_FOLDER) for item in page]
        parsed = (SegmentName.parse(path.removeprefix(f"{DAMAGED_FOLDER}/")) for path in paths)
        return sorted(name for name in parsed if name is not None)

    def read_damaged(self, name: SegmentName) -> bytes:
        """Return the bytes of a segment that was set aside."""
        with self._reachable():
            return bytes(obstore.get(self._store, f"{DAMAGED_FOLDER}/{name.path}").bytes())

    def put_damaged(self, name: SegmentName, body: bytes) -> None:
        """Store the rest of a segment among the damaged ones."""
        with self._reachable():
            obstore.put(self._store, f"{DAMAGED_FOLDER}/{name.path}", body, use_multipart=False)

    def remove_damaged(self, name: SegmentName) -> None:
        """Delete a segment that was set aside."""
        self._delete(f"{DAMAGED_FOLDER}/{name.path}")

    def sweep(self) -> None:
        """Do nothing: an object appears whole or not at all."""

    def _delete(self, path: str) -> None:
        with self._reachable(), contextlib.suppress(NotFoundError, FileNotFoundError):
            obstore.delete(self._store, path)

    def bytes_of(self, day: date) -> int:
        """Return the size of a day's segments in bytes."""
        with self._reachable():
            pages = obstore.list(self._store, f"day={day.isoformat()}")
            return sum(item["size"] for page in pages for item in page if SegmentName.parse(item["path"]))

    def fingerprints(self) -> dict[date, str]:
        """Return the fingerprint of every day with segments."""
        days: defaultdict[date, list[str]] = defaultdict(list)
        for name in self._names(None):
            days[name.day].append(name.file)
        return {day: fingerprint(files) for day, files in sorted(days.items())}

    def _names(self, prefix: str | None) -> Iterator[SegmentName]:
        with self._reachable():
            for page in obstore.list(self._store, prefix):
                for item in page:
                    name = SegmentName.parse(item["path"])
                    if name is not None:
                        yield name

    @contextlib.contextmanager
    def _reachable(self) -> Iterator[None]:
        try:
            yield
        except NotFoundError as error:
            raise LandingUnavailable(
                f"The landing at {self._url} has no such bucket or segment.", remedy="Check PILOT_LANDING_URL."
            ) from error
        except (BaseError, OSError) as error:
            raise LandingUnavailable(
                f"The landing at {self._url} cannot be reached ({type(error).__name__}).",
                remedy="Check PILOT_LANDING_URL, the AWS_* variables and the network.",
            ) from error
