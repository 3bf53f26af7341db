"""The append log: events are on this machine's disk before they are acknowledged."""

from __future__ import annotations

import asyncio
import os
import re
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import structlog

from pilot.events import Event
from pilot.identifiers import new_identifier
from storage.errors import LandingUnavailable, StorageError
from storage.folders import PRIVATE_FILE, private_folder, sync_folder, write_fully
from storage.landing.log_lines import log_line
from storage.landing.publisher import ADOPT_EVERY_SECONDS, LOG_SUFFIX, Failpoint, Publisher, log_files, no_failpoint
from storage.landing.replica_lock import ReplicaLock
from storage.landing.segments import Segments

QUEUE_BYTES = 8 * 1024 * 1024  # Limit of bytes waiting for the disk; beyond it, callers must retry.
REPLICA = re.compile(r"[a-z0-9]+")

_log = structlog.get_logger("storage.landing")
# Linux and the BSDs; macOS has only fsync.
_sync = getattr(os, "fdatasync", os.fsync)


@dataclass(frozen=True, slots=True)
class Cadence:
    """When log files are sealed and dead replicas' logs adopted.

    Attributes:
        soon_seconds: Minimum time between two seals requested by `publish_soon`.
        seal_seconds: Maximum time that a line waits in an open file.
        seal_bytes: Size at which a file is sealed at once.
        adopt_seconds: Time between two searches for dead replicas' logs.
    """

    soon_seconds: float = 1.0
    seal_seconds: float = 30.0
    seal_bytes: int = 1024 * 1024
    adopt_seconds: float = ADOPT_EVERY_SECONDS


class AppendLog:
    """One replica's append log: thread-safe, many callers in one group commit, one process a replica.

    Its own thread writes all queued events with one `write` and one `fdatasync`, then resolves their futures. Another
    thread publishes sealed files. Use it as a context manager.
    """

    def __init__(
        self,
        *,
        logs: Path,
        replica: str,
        segments: Segments,
        probes: Segments | None = None,
        cadence: Cadence | None = None,
        queue_bytes: int = QUEUE_BYTES,
        failpoint: Failpoint = no_failpoint,
    ) -> None:
        """Acquire the replica's lock and queue its leftover log files for publishing.

        Args:
            logs: The folder of all replicas' logs.
            replica: This replica's name, lower-case letters and digits.
            segments: Where sealed files are published.
            probes: Where their probes are published; None for the same place.
            cadence: When files are sealed.
            queue_bytes: Limit of bytes waiting for the disk.
            failpoint: Called at named points; tests kill the process there.

        Raises:
            ReplicaInUse: another process is this replica.
            LandingUnavailable: the folder cannot be used.
        """
        if not REPLICA.fullmatch(replica):
            raise StorageError(
                f"{replica!r} cannot name a replica: expected lower-case letters and digits.",
                remedy="Set PILOT_REPLICA to a name such as edge1.",
            )
        self._replica = replica
        self._cadence = cadence or Cadence()
        self._queue_bytes = queue_bytes
        self._failpoint = failpoint
        self._queue: list[tuple[bytes, Future[None]]] = []
        self._queued_bytes = 0
        self._soon = self._closing = self._closed = False
        self._changed = threading.Condition()
        self._descriptor: int | None = None
        self._path: Path | None = None
        self._size = 0
        self._opened_at = self._sealed_at = float("-inf")
        try:
            private_folder(logs)
            self._folder = private_folder(logs / replica)
            self._lock = ReplicaLock(self._folder)
            self._lock.acquire()
        except OSError as error:
            raise _unavailable(error) from error
        self._publisher = Publisher(
            logs=logs,
            replica=replica,
            segments=segments,
            probes=probes,
            adopt_every_seconds=self._cadence.adopt_seconds,
            failpoint=failpoint,
        )
        for path in log_files(self._folder):
            self._publisher.hand_over(path)
        self._publisher.start()
        self._thread = threading.Thread(target=self._run, name=f"append-{replica}", daemon=True)
        self._thread.start()

    def append(self, events: Sequence[Event]) -> Future[None]:
        """Queue events; the future resolves once all of them are on the disk.

        The future fails with LandingUnavailable if the disk or the queue is full; then none of the events is
        acknowledged, and the same events (with the same ids) may be appended again.
        """
        body = b"".join(log_line(event) for event in events)
        future: Future[None] = Future()
        # It cannot be cancelled from here on: the bytes may be in flight.
        future.set_running_or_notify_cancel()
        with self._changed:
            if self._closing:
                future.set_exception(
                    LandingUnavailable("The append log is closed.", remedy="Use another replica; this one is stopping.")
                )
            elif self._queued_bytes + len(body) > self._queue_bytes:
                future.set_exception(
                    LandingUnavailable(
                        f"The append log is behind: {self._queued_bytes} bytes wait for the disk.",
                        remedy="Try again in a moment; a slow or failing disk is the likely cause.",
                    )
                )
            else:
                self._queue.append((body, future))
                self._queued_bytes += len(body)
                self._changed.notify_all()
        return future

    async def append_durably(self, events: Sequence[Event]) -> None:
        """Append events and return once they are on the disk.

        Raises:
            LandingUnavailable: they could not be written; the same events may be appended again.
        """
        await asyncio.wrap_future(self.append(events))

    def publish_soon(self) -> None:
        """Request the publication of everything appended so far, at most once a second."""
        with self._changed:
            self._soon = True
            self._changed.notify_all()

    def close(self) -> None:
        """Write and publish the rest and release the lock; unpublished files stay for the next start."""
        with self._changed:
            if self._closed:
                return
            self._closed = self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self._publisher.close()
        self._lock.release()

    def __enter__(self) -> AppendLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._closing:
                    due = self._until_due()
                    if due == 0.0:
                        break
                    self._changed.wait(due)
                batch, self._queue = self._queue, []
                self._queued_bytes = 0
                soon, closing = self._soon, self._closing
            if batch:
                self._commit(batch)
            now = time.monotonic()
            if self._path is None:
                if soon:
                    self._settle_soon()
            elif (
                closing
                or self._size >= self._cadence.seal_bytes
                or now - self._opened_at >= self._cadence.seal_seconds
                or (soon and now - self._sealed_at >= self._cadence.soon_seconds)
            ):
                self._seal()
                self._settle_soon()
            if closing and not batch:
                return

    def _until_due(self) -> float | None:
        """Return the seconds until the next seal is due; None if nothing is due without an append."""
        if self._path is None:
            return 0.0 if self._soon else None
        due = self._opened_at + self._cadence.seal_seconds
        if self._soon:
            due = min(due, self._sealed_at + self._cadence.soon_seconds)
        return max(0.0, due - time.monotonic())

    def _settle_soon(self) -> None:
        with self._changed:
            # Events queued after the batch are not in the sealed file: their request to be published stays.
            self._soon = bool(self._queue) and self._soon

    def _commit(self, batch: list[tuple[bytes, Future[None]]]) -> None:
        body = b"".join(part for part, _ in batch)
        try:
            descriptor = self._open()
            write_fully(descriptor, body)
            self._failpoint("written")
            _sync(descriptor)
        except Exception as error:
            _log.error("append failed", replica=self._replica, error=_reason(error), appends=len(batch))
            self._abandon()
            failure = _unavailable(error)
            for _, future in batch:
                future.set_exception(failure)
            return
        self._size += len(body)
        self._failpoint("synced")
        for _, future in batch:
            future.set_result(None)

    def _open(self) -> int:
        if self._descriptor is None:
            path = self._folder / f"{new_identifier()}{LOG_SUFFIX}"
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, PRIVATE_FILE)
            self._path, self._size, self._opened_at = path, 0, time.monotonic()
            sync_folder(self._folder)
        return self._descriptor

    def _seal(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
        if self._path is not None:
            self._publisher.hand_over(self._path)
        self._descriptor = self._path = None
        self._sealed_at = time.monotonic()

    def _abandon(self) -> None:
        """Abandon a file after a failed write: truncate unacknowledged bytes and continue in a new file.

        After a failed sync it is unknown which pages are on the disk, so the file gets no more lines. If truncating
        fails as well, a torn line is dropped by its checksum, and a whole line is a duplicate of the caller's retry.
        """
        if self._descriptor is not None:
            try:
                os.ftruncate(self._descriptor, self._size)
                _sync(self._descriptor)
            except OSError as error:
                _log.error("could not cut a failed write", replica=self._replica, error=error.strerror)
        self._seal()


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__


def _unavailable(error: Exception) -> LandingUnavailable:
    return LandingUnavailable(
        f"Events cannot be put on the disk: {_reason(error)}.",
        remedy="Free space on the disk of PILOT_HOME; nothing that was acknowledged is lost.",
    )
