"""The session recorder: writes a session's events to disk in order and without gaps."""

from __future__ import annotations

import asyncio
from datetime import datetime

from pydantic import BaseModel

from pilot.errors import PilotError
from pilot.events import Event, SessionAbandoned, SessionCompleted, make_event
from pilot.identifiers import new_identifier
from voice_edge.clock import Clock, within
from voice_edge.conversation.state import SessionState
from voice_edge.doors.event_budget import EventBudgets
from voice_edge.edge import EventLog
from voice_edge.errors import BudgetSpent, NotRecorded
from voice_edge.metrics import Metrics

ENDS = (SessionAbandoned, SessionCompleted)
RETRY_SECONDS = (0.1, 0.4, 1.0)
MOST_SECONDS = 4.0  # For one event with all retries: a disk that hangs counts as failed.


class Recorder:
    """Records one epoch of one session.

    A sequence number is consumed only when its event is on disk; the next event waits for that. A failed append is
    retried with the same event, so that a line written twice is one event to every reader. Cancelling the caller
    does not cancel its event. After an event that could not be written, the epoch records nothing more: the event
    may still reach the disk late, with its number.
    """

    def __init__(
        self,
        *,
        log: EventLog,
        state: SessionState,
        replica: str,
        clock: Clock,
        metrics: Metrics,
        budgets: EventBudgets,
    ) -> None:
        self._log = log
        self._state = state
        self._replica = replica
        self._clock = clock
        self._metrics = metrics
        self._budgets = budgets
        self._turnstile = asyncio.Lock()
        self._under_way: set[asyncio.Task[None]] = set()
        self._next = 0
        self._broken = False

    @property
    def seq(self) -> int:
        """Return the sequence number of the last event on disk, -1 before the first."""
        return self._next - 1

    async def record(self, content: BaseModel) -> None:
        """Return once an event with `content` is on the disk.

        Raises:
            NotRecorded: the event could not be written, retries included.
            BudgetSpent: the session has written too much; only its end is still recorded.
        """
        size = len(content.model_dump_json())
        if not self._budgets.spend(self._state.session_id, size=size) and not isinstance(content, ENDS):
            raise BudgetSpent
        task = asyncio.create_task(self._append(content))
        self._under_way.add(task)
        task.add_done_callback(self._done)
        await asyncio.shield(task)

    async def settle(self) -> None:
        """Return once no write is in progress."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # Retrieved here as well, in case the caller was cancelled.

    async def _append(self, content: BaseModel) -> None:
        async with self._turnstile:
            if self._broken:
                raise NotRecorded
            state = self._state
            event = make_event(
                content,
                event_id=new_identifier(),
                at=self._moment(),
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
                self._metrics.record_append_failure(at=self._clock.monotonic())
                raise NotRecorded from None
            self._next += 1
            self._metrics.count_append(event.event, seconds=self._clock.monotonic() - began)

    def _moment(self) -> datetime:
        """Return the time to record: never before the session's last event, although clocks differ and jump.

        Readers ignore what was recorded after a session's completion, so its events must be in the order of their
        times.
        """
        now, last = self._clock.now(), self._state.recorded_at
        self._state.recorded_at = now if last is None else max(now, last)
        return self._state.recorded_at

    async def _write(self, event: Event) -> None:
        for pause in (*RETRY_SECONDS, None):
            try:
                await self._log.append_durably([event])
                return
            except (PilotError, OSError):
                self._metrics.count_failed_append()
                if pause is None:
                    raise NotRecorded from None
                await self._clock.sleep(pause)
