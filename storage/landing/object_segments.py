"""Segments in an S3-compatible object store, by create-only puts."""

from __future__ import annotations

import builtins
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
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
LISTED_EVERY_TIME = 2  # the newest days: nearly all segments are of today or, after midnight, of yesterday
LISTED_AGAIN_SECONDS = 300.0  # a late segment of an older day is found within this time


class ObjectDays:
    """A cache of older days' fingerprints; one for each landing and process."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[date, tuple[float, str | None]] = {}
        self._lock = threading.Lock()

    def fingerprint(self, day: date, find: Callable[[date], str | None], *, fresh: bool) -> str | None:
        """Return a day's fingerprint, unless `fresh` from the last few minutes if it is known."""
        now = self._clock()
        with self._lock:
            known = self._known.get(day)
        if not fresh and known is not None and now - known[0] < LISTED_AGAIN_SECONDS:
            return known[1]
        found = find(day)
        with self._lock:
            self._known[day] = (now, found)
        return found

    def forget(self, day: date) -> None:
        """Forget a day that this process has changed."""
        with self._lock:
            self._known.pop(day, None)


class ObjectSegments:
    """The landing at an address such as `s3://bucket/prefix`, with credentials from AWS_* variables."""

    def __init__(self, url: str, *, days: ObjectDays | None = None) -> None:
        self._url = url
        self._days = days or ObjectDays()
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
            finally:
                self._days.forget(name.day)
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
            self._days.forget(name.day)

    def remove(self, name: SegmentName) -> None:
        """Delete a segment for good; object versions that a bucket keeps are not deleted."""
        self._delete(name.path)
        self._days.forget(name.day)

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
        """Return the fingerprint of every day with segments; an older day's may be some minutes old."""
        found: dict[date, str] = {}
        days = self._folders()
        recent = days[-LISTED_EVERY_TIME:]
        for day in days:
            text = self._days.fingerprint(day, self._fingerprint, fresh=day in recent)
            if text is not None:
                found[day] = text
        return found

    def _fingerprint(self, day: date) -> str | None:
        files = [name.file for name in self._names(f"day={day.isoformat()}")]
        return fingerprint(files) if files else None

    def _folders(self) -> builtins.list[date]:
        """Return the days with objects, in order: a request for a thousand days, not for a thousand objects."""
        with self._reachable():
            prefixes = obstore.list_with_delimiter(self._store)["common_prefixes"]
        days = []
        for prefix in prefixes:
            with contextlib.suppress(ValueError):
                days.append(date.fromisoformat(prefix.rstrip("/").rsplit("/", 1)[-1].removeprefix("day=")))
        return sorted(days)

    def _names(self, prefix: str) -> Iterator[SegmentName]:
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
