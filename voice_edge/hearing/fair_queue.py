"""The recogniser's queue: bounded, finals before partials, one of each per session, nothing stale."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from voice_edge.hearing.errors import RecogniserBusy, RecogniserClosed
from voice_edge.hearing.transcript import Transcript
from voice_edge.hearing.turn_taking import SAMPLE_RATE

MOST_FINALS_WAITING = 16  # at 0.3-0.5 s each, the last one already waits too long
SECONDS_PER_FINAL = 0.5  # for `retry_after_s`, until a duration is measured
PARTIAL_STALE_SECONDS = 1.0
LONG_CLIP_SECONDS = 28.0  # more than one window of the model: several recognitions in one


Place = tuple[str, bool]


class RecognitionFuture(Future[Transcript]):
    """The future of a recognition; if it is cancelled while running, the worker stops at its next step."""

    def __init__(self) -> None:
        super().__init__()
        self.abandoned = False

    def cancel(self) -> bool:
        """Cancel a waiting recognition; abandon a running one."""
        self.abandoned = True
        return super().cancel()


@dataclass(frozen=True, slots=True, eq=False)
class RecognitionRequest:
    """One requested recognition.

    Attributes:
        part: Whether it is a finished part of a long turn, which a newer final of the session does not replace.
    """

    audio: npt.NDArray[np.float32]
    language: str
    session_id: str
    final: bool
    prompt: str
    requested_at: float
    part: bool = False
    future: RecognitionFuture = field(default_factory=RecognitionFuture)

    @property
    def seconds(self) -> float:
        """Return the audio's duration."""
        return len(self.audio) / SAMPLE_RATE

    @property
    def place(self) -> Place:
        """Return its place in the queue, which one request has at a time."""
        return self.session_id, self.part

    @property
    def yields(self) -> bool:
        """Return whether it must leave the last free worker to others: captions and long clips."""
        return not self.final or self.seconds > LONG_CLIP_SECONDS


class FairQueue:
    """Waiting recognitions, for any number of sessions and workers.

    A session has at most one place for a final, one for a part of a long turn and one for a partial: a newer request
    replaces the older one, whose future is cancelled, and keeps its place. Finals are served in the order of their
    sessions' arrival, so no session is served twice before another is served once; finals of committed turns (`hurry`)
    precede speculative ones. A partial is served only while no final waits, and dropped when it is stale. With several
    workers, one is kept free of captions and long clips, so that a brief turn never waits for them.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        most_finals: int = MOST_FINALS_WAITING,
        workers: int = 1,
        seconds_per_final: Callable[[], float] = lambda: SECONDS_PER_FINAL,
    ) -> None:
        self._clock = clock
        self._most_finals = most_finals
        self._workers = workers
        self._seconds_per_final = seconds_per_final
        self._finals: OrderedDict[Place, RecognitionRequest] = OrderedDict()
        self._partials: OrderedDict[Place, RecognitionRequest] = OrderedDict()
        self._hurried: set[str] = set()
        self._running: dict[int, RecognitionRequest] = {}
        self._partials_dropped = 0
        self._changed = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        """Return the number of waiting finals."""
        with self._changed:
            self._sweep()
            return len(self._finals)

    @property
    def running(self) -> int:
        """Return the number of running recognitions."""
        with self._changed:
            return len(self._running)

    @property
    def partials_dropped(self) -> int:
        """Return the number of partials that were replaced or became stale."""
        with self._changed:
            return self._partials_dropped

    def oldest_wait(self) -> float:
        """Return the age in seconds of the oldest waiting final."""
        with self._changed:
            self._sweep()
            return max((self._clock() - work.requested_at for work in self._finals.values()), default=0.0)

    def backlog_seconds(self) -> float:
        """Estimate how long a new final would wait for a worker, in seconds."""
        with self._changed:
            self._sweep()
            ahead = len(self._finals) + max(0, len(self._running) - self._workers + 1)
        return ahead * self._seconds_per_final() / self._workers

    def put(self, work: RecognitionRequest) -> None:
        """Add a recognition.

        Raises:
            RecogniserBusy: the maximum number of finals is waiting.
            RecogniserClosed: the queue is closed.
        """
        with self._changed:
            if self._closed:
                raise RecogniserClosed("The recogniser is closed.", remedy="Write instead.")
            self._sweep()
            lane = self._finals if work.final else self._partials
            older = lane.get(work.place)
            if older is None and work.final and len(lane) >= self._most_finals:
                seconds = len(lane) * self._seconds_per_final() / self._workers
                raise RecogniserBusy(waiting=len(lane), retry_after_s=max(1.0, seconds))
            lane[work.place] = work  # keeps the older request's place
            void = [older] if older is not None else []
            if work.final:
                void += [one for one in self._running.values() if one.final and one.place == work.place]
            elif older is not None:
                self._partials_dropped += 1
            self._changed.notify()
        for one in void:
            one.future.cancel()

    def hurry(self, session_id: str) -> None:
        """Serve the session's waiting final before speculative ones: its turn is committed."""
        with self._changed:
            if any(place in self._finals for place in _places(session_id)):
                self._hurried.add(session_id)

    def take(self) -> RecognitionRequest | None:
        """Return the next recognition, its future running; None once the queue is closed.

        Blocks until one is due. The caller must report its end with `done`.
        """
        while True:
            with self._changed:
                while (work := self._next()) is None and not self._closed:
                    self._changed.wait()
                if work is None or self._closed:
                    return None
                stale = not work.final and self._clock() - work.requested_at > PARTIAL_STALE_SECONDS
                self._partials_dropped += stale
                if not stale:
                    self._running[id(work)] = work
            if stale:
                work.future.cancel()
            if work.future.set_running_or_notify_cancel():
                return work
            self.done(work)

    def done(self, work: RecognitionRequest) -> None:
        """Mark a recognition returned by `take` as ended."""
        with self._changed:
            if self._running.pop(id(work), None) is not None:
                self._changed.notify()  # a request that had to leave a worker free may be due now

    def forget(self, session_id: str) -> None:
        """Drop the waiting recognitions of a session and abandon the running ones."""
        with self._changed:
            lanes = (self._finals, self._partials)
            waiting = [lane.pop(place, None) for lane in lanes for place in _places(session_id)]
            self._hurried.discard(session_id)
            dropped = [work for work in waiting if work is not None]
            dropped += [work for work in self._running.values() if work.session_id == session_id]
        for work in dropped:
            work.future.cancel()

    def close(self) -> None:
        """Drop everything, and refuse new recognitions."""
        with self._changed:
            self._closed = True
            dropped = [*self._finals.values(), *self._partials.values(), *self._running.values()]
            self._finals.clear()
            self._partials.clear()
            self._changed.notify_all()
        for work in dropped:
            work.future.cancel()

    def _sweep(self) -> None:
        """Remove cancelled finals. Requires the lock."""
        for place in [place for place, work in self._finals.items() if work.future.cancelled()]:
            self._remove(place)

    def _next(self) -> RecognitionRequest | None:
        """Remove and return the recognition that is due; None if none may run. Requires the lock."""
        last_free = self._workers > 1 and len(self._running) >= self._workers - 1
        due = sorted(
            self._finals, key=lambda place: place[0] not in self._hurried
        )  # stable: otherwise in order of arrival
        for place in due:
            if not (last_free and self._finals[place].yields):
                return self._remove(place)
        if self._finals or not self._partials or last_free:
            return None
        return self._partials.popitem(last=False)[1]

    def _remove(self, place: Place) -> RecognitionRequest:
        """Remove and return a waiting final. Requires the lock."""
        work = self._finals.pop(place)
        session_id, _ = place
        if not any(each in self._finals for each in _places(session_id)):
            self._hurried.discard(session_id)
        return work


def _places(session_id: str) -> tuple[Place, ...]:
    return (session_id, False), (session_id, True)
