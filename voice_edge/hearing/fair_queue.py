"""The recogniser's queue: finals before partials, one of each a session, bounded, nothing stale."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from voice_edge.hearing.errors import RecogniserBusy, RecogniserClosed
from voice_edge.hearing.heard import Heard

MOST_FINALS_WAITING = 16  # at 0.3-0.5 s each the last of them waits longer than anybody wants to
SECONDS_PER_FINAL = 0.5  # for the answer to "when again?"
PARTIAL_STALE_SECONDS = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """One recognition that is wanted."""

    audio: npt.NDArray[np.float32]
    language: str
    session_id: str
    final: bool
    prompt: str
    asked_at: float
    future: Future[Heard] = field(default_factory=Future)


class FairQueue:
    """Waiting work, for any number of askers and takers.

    A session holds at most one final and one partial place: a newer one takes over the older one's, whose future is
    cancelled. Finals are served in the order in which sessions came, so nobody is served twice before another once.
    A partial is served only while no final waits and is dropped when it has become old.
    """

    def __init__(self, *, clock: Callable[[], float], most_finals: int = MOST_FINALS_WAITING) -> None:
        self._clock = clock
        self._most_finals = most_finals
        self._finals: OrderedDict[str, Work] = OrderedDict()
        self._partials: OrderedDict[str, Work] = OrderedDict()
        self._changed = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        """Return how many finals wait."""
        with self._changed:
            return len(self._finals)

    def put(self, work: Work) -> None:
        """Add `work`.

        Raises:
            RecogniserBusy: as many finals wait as may.
            RecogniserClosed: the queue is closed.
        """
        with self._changed:
            if self._closed:
                raise RecogniserClosed("The recogniser is closed.", remedy="Write instead.")
            lane = self._finals if work.final else self._partials
            older = lane.get(work.session_id)
            if older is None and work.final and len(lane) >= self._most_finals:
                raise RecogniserBusy(waiting=len(lane), retry_after_s=len(lane) * SECONDS_PER_FINAL)
            lane[work.session_id] = work  # keeps the older one's place
            self._changed.notify()
        if older is not None:
            older.future.cancel()

    def take(self) -> Work | None:
        """Wait for work and return it, its future running; None once the queue is closed."""
        while True:
            with self._changed:
                while not (self._finals or self._partials or self._closed):
                    self._changed.wait()
                if self._closed:
                    return None
                lane = self._finals or self._partials
                _, work = lane.popitem(last=False)
            stale = not work.final and self._clock() - work.asked_at > PARTIAL_STALE_SECONDS
            if stale:
                work.future.cancel()
            if work.future.set_running_or_notify_cancel():
                return work

    def forget(self, session_id: str) -> None:
        """Drop what waits for a session."""
        with self._changed:
            dropped = [lane.pop(session_id, None) for lane in (self._finals, self._partials)]
        for work in dropped:
            if work is not None:
                work.future.cancel()

    def close(self) -> None:
        """Refuse and drop everything from now on."""
        with self._changed:
            self._closed = True
            dropped = [*self._finals.values(), *self._partials.values()]
            self._finals.clear()
            self._partials.clear()
            self._changed.notify_all()
        for work in dropped:
            work.future.cancel()
