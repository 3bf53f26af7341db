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
from voice_edge.hearing.transcript import Transcript
from voice_edge.hearing.turn_taking import SAMPLE_RATE

MOST_FINALS_WAITING = 16  # at 0.3-0.5 s each the last of them waits longer than anybody wants to
SECONDS_PER_FINAL = 0.5  # for the answer to "when again?", until there is a measured one
PARTIAL_STALE_SECONDS = 1.0
LONG_CLIP_SECONDS = 28.0  # more than one window of the model: several recognitions in one


class RecognitionRequest(Future[Transcript]):
    """A recognition that was asked for; cancelled while it runs it is abandoned: the worker stops at its next step."""

    def __init__(self) -> None:
        super().__init__()
        self.abandoned = False

    def cancel(self) -> bool:
        """Cancel what waits; give up what runs."""
        self.abandoned = True
        return super().cancel()


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """One recognition that is wanted."""

    audio: npt.NDArray[np.float32]
    language: str
    session_id: str
    final: bool
    prompt: str
    asked_at: float
    future: RecognitionRequest = field(default_factory=RecognitionRequest)

    @property
    def seconds(self) -> float:
        """Return how long the audio is."""
        return len(self.audio) / SAMPLE_RATE

    @property
    def yields(self) -> bool:
        """Return whether it may not take the last free worker: captions, and clips that would hold it for seconds."""
        return not self.final or self.seconds > LONG_CLIP_SECONDS


class FairQueue:
    """Waiting work, for any number of askers and takers.

    A session holds at most one final and one partial place: a newer one takes over the older one's, whose future is
    cancelled. Finals are served in the order in which sessions came, so nobody is served twice before another once;
    those whose turn is committed (`hurry`) come before those that are only a guess. A partial is served only while no
    final waits and is dropped when it has become old. With several takers, one is kept free of captions and of long
    clips, so that a brief turn never waits behind them.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        most_finals: int = MOST_FINALS_WAITING,
        takers: int = 1,
        seconds_per_final: Callable[[], float] = lambda: SECONDS_PER_FINAL,
    ) -> None:
        self._clock = clock
        self._most_finals = most_finals
        self._takers = takers
        self._seconds_per_final = seconds_per_final
        self._finals: OrderedDict[str, Work] = OrderedDict()
        self._partials: OrderedDict[str, Work] = OrderedDict()
        self._hurried: set[str] = set()
        self._running: dict[int, Work] = {}
        self._partials_dropped = 0
        self._changed = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        """Return how many finals wait."""
        with self._changed:
            self._sweep()
            return len(self._finals)

    @property
    def running(self) -> int:
        """Return how many recognitions run."""
        with self._changed:
            return len(self._running)

    @property
    def partials_dropped(self) -> int:
        """Return how many partials were replaced by newer ones or grew old, so far."""
        with self._changed:
            return self._partials_dropped

    def oldest_wait(self) -> float:
        """Return for how many seconds the final that waits longest has been waiting."""
        with self._changed:
            self._sweep()
            return max((self._clock() - work.asked_at for work in self._finals.values()), default=0.0)

    def backlog_seconds(self) -> float:
        """Return about how long a final that came now would wait for a worker."""
        with self._changed:
            self._sweep()
            ahead = len(self._finals) + max(0, len(self._running) - self._takers + 1)
        return ahead * self._seconds_per_final() / self._takers

    def put(self, work: Work) -> None:
        """Add `work`.

        Raises:
            RecogniserBusy: as many finals wait as may.
            RecogniserClosed: the queue is closed.
        """
        with self._changed:
            if self._closed:
                raise RecogniserClosed("The recogniser is closed.", remedy="Write instead.")
            self._sweep()
            lane = self._finals if work.final else self._partials
            older = lane.get(work.session_id)
            if older is None and work.final and len(lane) >= self._most_finals:
                seconds = len(lane) * self._seconds_per_final() / self._takers
                raise RecogniserBusy(waiting=len(lane), retry_after_s=max(1.0, seconds))
            lane[work.session_id] = work  # keeps the older one's place
            void = [older] if older is not None else []
            if work.final:
                void += [one for one in self._running.values() if one.final and one.session_id == work.session_id]
            elif older is not None:
                self._partials_dropped += 1
            self._changed.notify()
        for one in void:
            one.future.cancel()

    def hurry(self, session_id: str) -> None:
        """Serve the session's waiting final before the guesses: its turn is over, somebody waits for the words."""
        with self._changed:
            if session_id in self._finals:
                self._hurried.add(session_id)

    def take(self) -> Work | None:
        """Wait for work and return it, its future running; None once the queue is closed. Give it back by `done`."""
        while True:
            with self._changed:
                while (work := self._next()) is None and not self._closed:
                    self._changed.wait()
                if work is None or self._closed:
                    return None
                stale = not work.final and self._clock() - work.asked_at > PARTIAL_STALE_SECONDS
                self._partials_dropped += stale
                if not stale:
                    self._running[id(work)] = work
            if stale:
                work.future.cancel()
            if work.future.set_running_or_notify_cancel():
                return work
            self.done(work)

    def done(self, work: Work) -> None:
        """Say that a recognition that was taken has ended."""
        with self._changed:
            if self._running.pop(id(work), None) is not None:
                self._changed.notify()  # what had to leave a worker free may go now

    def forget(self, session_id: str) -> None:
        """Drop what waits for a session, and give up what runs for it."""
        with self._changed:
            waiting = [lane.pop(session_id, None) for lane in (self._finals, self._partials)]
            self._hurried.discard(session_id)
            dropped = [work for work in waiting if work is not None]
            dropped += [work for work in self._running.values() if work.session_id == session_id]
        for work in dropped:
            work.future.cancel()

    def close(self) -> None:
        """Refuse and drop everything from now on."""
        with self._changed:
            self._closed = True
            dropped = [*self._finals.values(), *self._partials.values(), *self._running.values()]
            self._finals.clear()
            self._partials.clear()
            self._changed.notify_all()
        for work in dropped:
            work.future.cancel()

    def _sweep(self) -> None:
        """Take out the finals that were cancelled meanwhile: nobody waits for them. Called with the lock held."""
        for session in [session for session, work in self._finals.items() if work.future.cancelled()]:
            del self._finals[session]
            self._hurried.discard(session)

    def _next(self) -> Work | None:
        """Take out the work that is due now, or None where nothing may run. Called with the lock held."""
        last_free = self._takers > 1 and len(self._running) >= self._takers - 1
        due = sorted(self._finals, key=lambda session: session not in self._hurried)  # stable: else as they came
        for session in due:
            if not (last_free and self._finals[session].yields):
                self._hurried.discard(session)
                return self._finals.pop(session)
        if self._finals or not self._partials or last_free:
            return None
        return self._partials.popitem(last=False)[1]
