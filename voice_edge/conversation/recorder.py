"""The session recorder: events in order, without gaps, and on the disk before anything is acknowledged."""

from __future__ import annotations

import asyncio

from pydantic import BaseModel

from pilot.errors import PilotError
from pilot.events import Event, make_event
from pilot.identifiers import new_identifier
from voice_edge.clock import Clock, within
from voice_edge.conversation.state import SessionState
from voice_edge.edge import EventLog
from voice_edge.errors import NotRecorded
from voice_edge.metrics import Metrics

RETRY_SECONDS = (0.1, 0.4, 1.0)
MOST_SECONDS = 4.0  # For one event, all retries together: a disk that hangs is one that fails.


class Recorder:
    """Records one epoch of one session.

    A number is used up only by an event that is on the disk: the next one waits for it. A failed append is tried
    again with the same event, so that a line written twice is one event to every reader. A caller that is cancelled
    does not take its event back. After an event that could not be written nothing more of this epoch is: it may still
    reach the disk, late, and its number with it.
    """

    def __init__(self, *, log: EventLog, state: SessionState, replica: str, clock: Clock, metrics: Metrics) -> None:
        self._log = log
        self._state = state
        self._replica = replica
        self._clock = clock
        self._metrics = metrics
        self._turnstile = asyncio.Lock()
        self._under_way: set[asyncio.Task[None]] = set()
        self._next = 0
        self._broken = False

    @property
    def seq(self) -> int:
        """Return the number of the last event on the disk, -1 before the first."""
        return self._next - 1

    async def record(self, content: BaseModel) -> None:
        """Return once an event with `content` is on the disk.

        Raises:
            NotRecorded: it could not be written, also after trying again.
        """
        task = asyncio.create_task(self._append(content))
        self._under_way.add(task)
        task.add_done_callback(self._done)
        await asyncio.shield(task)

    async def settle(self) -> None:
        """Return once nothing is being written any more."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # Seen here, too, for a caller that was cancelled.

    async def _append(self, content: BaseModel) -> None:
        async with self._turnstile:
            if self._broken:
                raise NotRecorded
            state = self._state
            event = make_event(
                content,
                event_id=new_identifier(),
                at=self._clock.now(),
                session_id=state.session_id,
                cafe=state.cafe,
                edge=self._replica,
                epoch=state.epoch,
                seq=self._next,
                simulated=state.simulated,
            )
            began = self._clock.monotonic()
            try:
                await within(MOST_SECONDS, self._write(event), clock=self._clock)
            except (TimeoutError, NotRecorded):
                self._broken = True
                self._metrics.not_recorded(at=self._clock.monotonic())
                raise NotRecorded from None
            self._next += 1
            self._metrics.appended(event.event, seconds=self._clock.monotonic() - began)

    async def _write(self, event: Event) -> None:
        for pause in (*RETRY_SECONDS, None):
            try:
                await self._log.append_durably([event])
                return
            except (PilotError, OSError):
                self._metrics.append_failed()
                if pause is None:
                    raise NotRecorded from None
                await self._clock.sleep(pause)
