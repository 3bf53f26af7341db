"""Publishes sealed log files as segments: those of its own replica and of dead replicas."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import structlog

from storage.errors import LandingUnavailable
from storage.folders import private_folder, sync_folder
from storage.landing.log_lines import read_log, split_probes
from storage.landing.replica_lock import ReplicaLock
from storage.landing.segments import SegmentName, Segments

LOG_SUFFIX = ".log"
DAMAGED_FOLDER = "damaged"
ADOPT_EVERY_SECONDS = 30.0
FIRST_BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 60.0

_log = structlog.get_logger("storage.landing")

Failpoint = Callable[[str], None]


def no_failpoint(name: str) -> None:
    """Do nothing; tests kill the process at a named point instead."""


def publish_log(
    path: Path,
    *,
    segments: Segments,
    replica: str,
    probes: Segments | None = None,
    failpoint: Failpoint = no_failpoint,
) -> None:
    """Publish a sealed log file as one segment a day, and one of its probes, then delete it.

    The segments' names depend only on the file's name and bytes, so a retry after a crash changes nothing.

    Args:
        path: The file.
        segments: The landing.
        replica: The replica that wrote it.
        probes: The landing of probes; None publishes them with the other events.
        failpoint: Called at named points.

    Raises:
        LandingUnavailable: the landing or the file cannot be reached; the file stays.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise LandingUnavailable(
            f"Log file {path.name} of replica {replica} cannot be read: {error.strerror}.", remedy="Check the disk."
        ) from error
    content = read_log(raw)
    for day, body in content.bodies.items():
        of_guests, of_probes = (body, b"") if probes is None else split_probes(body)
        for landing, part in ((segments, of_guests), (probes, of_probes)):
            if landing is not None and part:
                landing.put(SegmentName.of(part, day=day, replica=replica, identifier=path.stem), part)
                failpoint("put")
    if content.torn_bytes:
        _log.info("torn tail cut", replica=replica, log=path.stem, bytes=content.torn_bytes)
    try:
        if content.damaged_lines:
            # The damaged lines had been acknowledged: publish the whole lines, and save the file for a person.
            _log.error("log file damaged", replica=replica, log=path.stem, lines=content.damaged_lines)
            path.rename(private_folder(path.parent / DAMAGED_FOLDER) / path.name)
        else:
            path.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise LandingUnavailable(
            f"Log file {path.name} of replica {replica} cannot be removed: {error.strerror}.", remedy="Check the disk."
        ) from error
    failpoint("deleted")


def log_files(folder: Path) -> list[Path]:
    """Return a replica's log files, oldest first."""
    return sorted(folder.glob(f"*{LOG_SUFFIX}"))


class Publisher:
    """A thread that publishes queued log files; an unreachable object store never blocks appends."""

    def __init__(
        self,
        *,
        logs: Path,
        replica: str,
        segments: Segments,
        probes: Segments | None = None,
        adopt_every_seconds: float = ADOPT_EVERY_SECONDS,
        failpoint: Failpoint = no_failpoint,
    ) -> None:
        self._logs = logs
        self._replica = replica
        self._segments = segments
        self._probes = probes
        self._adopt_every = adopt_every_seconds
        self._failpoint = failpoint
        self._sealed: deque[Path] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=f"publish-{replica}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def hand_over(self, path: Path) -> None:
        """Queue a log file that gets no more lines."""
        with self._changed:
            self._sealed.append(path)
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """Return the number of log files waiting to be published."""
        with self._changed:
            return len(self._sealed)

    def close(self) -> None:
        """Try to publish everything once more, and stop; unpublished files stay for the next start."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        backoff = 0.0
        adopt_at = time.monotonic()
        while True:
            with self._changed:
                if not self._closing:
                    until_adoption = max(0.0, adopt_at - time.monotonic())
                    if backoff:
                        # Only `close` ends the pause early: a new file does not make the store available.
                        self._changed.wait_for(lambda: self._closing, timeout=backoff)
                    elif not self._sealed and until_adoption:
                        self._changed.wait_for(lambda: self._closing or bool(self._sealed), timeout=until_adoption)
                closing = self._closing
            try:
                self._publish_sealed()
                if not closing and time.monotonic() >= adopt_at:
                    adopt_at = time.monotonic() + self._adopt_every
                    self._adopt()
                backoff = 0.0
            except LandingUnavailable as error:
                backoff = min(LONGEST_BACKOFF_SECONDS, max(FIRST_BACKOFF_SECONDS, backoff * 2))
                backoff *= random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret
                _log.warning("landing away", replica=self._replica, waiting=self.waiting, reason=error.what)
            except Exception:
                # A defect must not end the thread: the files stay, and the error is logged.
                backoff = LONGEST_BACKOFF_SECONDS
                _log.exception("publishing failed", replica=self._replica, waiting=self.waiting)
            if closing:
                return

    def _publish_sealed(self) -> None:
        while True:
            with self._changed:
                if not self._sealed:
                    return
                path = self._sealed[0]
            try:
                self._publish(path, replica=self._replica)
            except Exception:
                with self._changed:
                    self._sealed.rotate(-1)  # One unreadable file must not block the others.
                raise
            with self._changed:
                self._sealed.popleft()

    def _publish(self, path: Path, *, replica: str) -> None:
        publish_log(path, segments=self._segments, replica=replica, probes=self._probes, failpoint=self._failpoint)

    def _adopt(self) -> None:
        for folder in sorted(self._logs.iterdir()):
            if folder.name == self._replica or not folder.is_dir() or not log_files(folder):
                continue
            lock = ReplicaLock(folder)
            if not lock.try_acquire():
                continue
            try:
                for path in log_files(folder):
                    self._publish(path, replica=folder.name)
                _log.info("adopted a dead replica's log", replica=self._replica, dead=folder.name)
            finally:
                lock.release()
