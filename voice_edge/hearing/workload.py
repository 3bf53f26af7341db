"""Measures the cost of recognitions and decides whether one more voice session fits.

Nothing here is a setting: the cost of a recognition and the number of recognitions per session are measured while
customers talk. The constants below apply until then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

SMOOTHING = 0.1  # weight of the newest measurement
SECONDS_PER_FINAL = 0.5  # before anything was measured; warming up replaces it
FINALS_PER_SESSION_SECOND = 0.2  # 8 s of speech, 6 s of thought, 0.3 pauses a second: 3 recognitions in 15 s
SESSION_SECONDS = 90.0  # duration of a voice session, before anything was measured
MOST_BUSY_SHARE = 0.7  # of the workers' time; above it the queue grows
LONGEST_WAIT_SECONDS = 2.0  # a final that waits this long means that replies are already late
STUCK_SECONDS = 20.0  # no recognition takes this long: the model hangs
SHORTEST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Admission:
    """The decision whether one more voice session may start.

    Attributes:
        accepted: Whether it fits.
        retry_after_s: Seconds until a retry may succeed; 0 if accepted.
        reason: "" if accepted, else `closed`, `stuck`, `late` (replies are already late) or `full` (they would be).
    """

    accepted: bool
    retry_after_s: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RecogniserFigures:
    """The recogniser's figures for metrics; counts are since its start.

    Attributes:
        queue_depth: Waiting finals.
        oldest_wait_s: Age of the oldest waiting final.
        running: Running recognitions.
        longest_run_s: Age of the oldest running recognition.
        workers: Maximum number of parallel recognitions.
        seconds_per_final: Duration of a recognition without its wait, smoothed.
        wait_s: Time that a final waits for a worker, smoothed.
        finals_per_session_second: Finals requested per second of an open voice session, smoothed.
        most_voice_sessions: Number of voice sessions that fit at these figures.
        finals: Recognitions for turns.
        partials: Recognitions for captions.
        partials_dropped: Captions that were replaced or became stale.
        retried: Recognitions decoded twice.
        invented: Recognitions whose text was classified as invented over silence or noise.
        abandoned: Recognitions abandoned while running, because the customer continued to speak or left.
        failed: Recognitions that failed.
        refused: Turns refused because the queue was full.
    """

    queue_depth: int
    oldest_wait_s: float
    running: int
    longest_run_s: float
    workers: int
    seconds_per_final: float
    wait_s: float
    finals_per_session_second: float
    most_voice_sessions: int
    finals: int
    partials: int
    partials_dropped: int
    retried: int
    invented: int
    abandoned: int
    failed: int
    refused: int


class Workload:
    """Measures the cost of recognitions; thread-safe.

    Args:
        workers: Maximum number of parallel recognitions.
        clock: Monotonic seconds.
    """

    def __init__(self, *, workers: int, clock: Callable[[], float]) -> None:
        self.workers = workers
        self.seconds_per_final = SECONDS_PER_FINAL
        self.wait_s = 0.0
        self.finals_per_session_second = FINALS_PER_SESSION_SECOND
        self.session_seconds = SESSION_SECONDS
        self.counts = dict.fromkeys(("finals", "partials", "retried", "invented", "abandoned", "failed", "refused"), 0)
        self._clock = clock
        self._measured = False
        self._sessions: dict[str, tuple[float, int]] = {}  # time of the first request, number of finals
        self._lock = threading.Lock()

    def count(self, what: str) -> None:
        """Count one of `counts`."""
        with self._lock:
            self.counts[what] += 1

    def record_request(self, session_id: str) -> None:
        """Record that a session requests a final."""
        with self._lock:
            since, finals = self._sessions.get(session_id, (self._clock(), 0))
            self._sessions[session_id] = since, finals + 1

    def record_end(self, session_id: str) -> None:
        """Record the end of a session: update its duration and its rate of requests."""
        with self._lock:
            since, finals = self._sessions.pop(session_id, (0.0, 0))
            seconds = self._clock() - since
            if finals and seconds > 1.0:
                self.session_seconds = _smooth(self.session_seconds, seconds)
                self.finals_per_session_second = _smooth(self.finals_per_session_second, finals / seconds)

    def record_duration(self, seconds: float, *, waited: float) -> None:
        """Record the duration and the waiting time of a final."""
        with self._lock:
            first, self._measured = not self._measured, True
            self.seconds_per_final = seconds if first else _smooth(self.seconds_per_final, seconds)
            self.wait_s = waited if first else _smooth(self.wait_s, waited)

    @property
    def most_voice_sessions(self) -> int:
        """Return the number of voice sessions that fit: they may use at most 0.7 of the workers' time."""
        seconds_a_second = max(1e-6, self.seconds_per_final * self.finals_per_session_second)
        return max(1, int(MOST_BUSY_SHARE * self.workers / seconds_a_second))

    def admit(self, *, voice_sessions: int, oldest_wait_s: float, backlog_s: float, longest_run_s: float) -> Admission:
        """Return whether one more voice session fits.

        Args:
            voice_sessions: Open voice sessions, without the new one.
            oldest_wait_s: Age of the oldest waiting final.
            backlog_s: Estimated wait of a new final.
            longest_run_s: Age of the oldest running recognition.
        """
        if longest_run_s > STUCK_SECONDS:
            return Admission(False, LONGEST_RETRY_SECONDS, "stuck")
        if max(oldest_wait_s, backlog_s) > LONGEST_WAIT_SECONDS:
            return Admission(False, _bounded(max(backlog_s, self.seconds_per_final)), "late")
        surplus = voice_sessions + 1 - self.most_voice_sessions
        if surplus > 0:
            # Of n sessions that last s seconds each, one ends every s/n seconds.
            return Admission(False, _bounded(surplus * self.session_seconds / max(1, voice_sessions)), "full")
        return Admission(True)


def _smooth(value: float, newest: float) -> float:
    return value + SMOOTHING * (newest - value)


def _bounded(seconds: float) -> float:
    return round(min(LONGEST_RETRY_SECONDS, max(SHORTEST_RETRY_SECONDS, seconds)), 1)
