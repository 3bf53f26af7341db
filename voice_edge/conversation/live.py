"""A live session: its state, connection, recorder and tasks, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal

import structlog
from pydantic import BaseModel

from pilot.cafes import Cafe
from pilot.events import SessionAbandoned, TurnFailed, UtteranceCommitted
from pilot.words import say
from voice_edge.conversation.connection import Connection, ConnectionLost
from voice_edge.conversation.danger_reports import DangerReports
from voice_edge.conversation.recorder import Recorder
from voice_edge.conversation.snapshot import seal
from voice_edge.conversation.state import SessionState
from voice_edge.edge import Edge
from voice_edge.errors import BudgetSpent, EdgeError, NotRecorded
from voice_edge.protocol import Ack, CloseCode, ErrorMessage, Outgoing, State, StateName
from voice_edge.receipts.session_ends import SessionEnd

AbandonReason = Literal[
    "closed", "idle", "total_limit", "replaced", "declined", "protocol_error", "edge_stopped", "connection_lost"
]
RESUMABLE: frozenset[AbandonReason] = frozenset({"idle", "edge_stopped", "connection_lost"})
STOP_SECONDS = 1.5  # For cancelled tasks; one that hangs longer is abandoned and logged.

log = structlog.get_logger("voice_edge.conversation.session")


@dataclass(frozen=True, slots=True)
class Ending:
    """How a connection ends.

    Attributes:
        code: The close code; None if the page has disconnected.
        abandoned: The reason to record if the session ended, not only its connection.
    """

    code: CloseCode | None
    abandoned: AbandonReason | None = None


@dataclass(slots=True)
class Live:
    """State shared by all parts of one connection's session.

    Attributes:
        frame: Last audio frame that the page need not resend: outside any turn, or in a recorded one.
        heard_frame: Last audio frame received.
        answered: Whether the whole reply was sent; its event may not be recorded yet.
        idle: Set while no reply is in progress.
        finish_requested: Whether the customer pressed send during a reply.
        active_at: Last activity of the customer, monotonic clock.
        began_at: Beginning of the session, monotonic clock: the wall clock may jump.
        speech_ends: Last voiced sample by turn, on the page's clock; only of this connection.
        sent_ms: First words sent by turn, milliseconds after the end of speech; only of this connection.
        shown: Event by turn, set when the page has shown the reply.
        dangers: Reports of dangers, which outlive the connection.
    """

    edge: Edge
    connection: Connection
    state: SessionState
    recorder: Recorder
    cafe: Cafe
    frame: int = -1
    heard_frame: int = -1
    answered: bool = False
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    finish_requested: bool = False
    active_at: float = 0.0
    began_at: float = field(init=False)
    speech_ends: dict[int, float] = field(default_factory=dict)
    sent_ms: dict[int, float] = field(default_factory=dict)
    shown: dict[int, asyncio.Event] = field(default_factory=dict)
    failing: bool = False
    dangers: DangerReports = field(init=False)
    # A message whose event is being written: if the connection ends meanwhile, the last acknowledgement follows it.
    _owed: Outgoing | None = None
    ending: asyncio.Future[Ending] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.idle.set()
        self.dangers = DangerReports(self.edge, self.state)
        clock = self.edge.clock
        self.began_at = clock.monotonic() - self.state.age_seconds(clock.now())

    @property
    def busy(self) -> bool:
        """Return whether a reply is in progress."""
        return not self.idle.is_set()

    def begin_turn(self) -> None:
        """Mark the start of a reply."""
        self.idle.clear()
        self.answered = False

    def end_turn(self) -> None:
        """Mark the end of a reply, sent or not."""
        self.idle.set()

    async def send(self, message: Outgoing) -> None:
        """Send a message to the page."""
        await self.connection.send(message)

    async def show(self, state: StateName) -> None:
        """Send the state that the page shows."""
        await self.send(State(state=state))

    async def send_error(self, code: str, *, retryable: bool, retry_after_s: float | None = None) -> None:
        """Send an error with its text in the guest's language."""
        message = say("edge", f"errors.{code}", self.state.language)
        await self.send(ErrorMessage(code=code, message=message, retryable=retryable, retry_after_s=retry_after_s))

    async def record(self, content: BaseModel, *, then: Outgoing | None = None) -> None:
        """Record an event, then acknowledge it with the current state.

        Args:
            content: The event's content.
            then: Message to send between recording and acknowledgement.
        """
        if then is not None:
            self._owed = then
        try:
            await self.recorder.record(content)
        except BudgetSpent:
            self._owed = None  # nothing was recorded, so nothing may be acknowledged
            raise
        if then is not None:
            self._owed = None
            await self.send(then)
        if isinstance(content, UtteranceCommitted | TurnFailed):
            self.frame = self.heard_frame
        await self.acknowledge()

    async def acknowledge(self) -> None:
        """Acknowledge everything recorded so far."""
        state = self.state
        snapshot = seal(state, secret=self.edge.secret, at=self.edge.clock.now())
        await self.send(Ack(epoch=state.epoch, seq=self.recorder.seq, frame=self.frame, snapshot=snapshot))

    async def record_voice_refused(self) -> None:
        """Record that the recogniser is full, so that the next turn must be typed."""
        await self.record(TurnFailed(turn=self.state.next_turn, reason="busy"))
        self.edge.metrics.count_turn("busy", mode="voice")

    def touch(self) -> None:
        """Record activity of the customer."""
        self.active_at = self.edge.clock.monotonic()

    def spawn(self, work: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[Any]:
        """Run `work` until it ends or the connection does; an error in it ends the connection."""
        task = asyncio.create_task(work, name=f"{name} {self.state.session_id}")
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def spawn_quietly(self, work: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[Any]:
        """Run `work` until it ends or the connection does; only code that awaits it sees its error."""
        task = asyncio.create_task(work, name=f"{name} {self.state.session_id}")
        self._tasks.add(task)
        task.add_done_callback(self._done_quietly)
        return task

    def end(self, code: CloseCode | None, *, abandoned: AbandonReason | None = None) -> None:
        """End the connection; only the first call has an effect."""
        if not self.ending.done():
            self.ending.set_result(Ending(code, abandoned))

    def fail(self, error: BaseException) -> None:
        """End the connection because of an unhandled error."""
        if isinstance(error, ConnectionLost):
            self.end(None)
            return
        if self.failing:
            return
        self.failing = True
        if isinstance(error, BudgetSpent):
            self.spawn(self._refuse_events(), name="failing")
            return
        if not isinstance(error, EdgeError):
            log.error("session failed", session_id=self.state.session_id, kind=type(error).__name__, exc_info=error)
        code = "not_saved" if isinstance(error, NotRecorded) else "internal"
        self.spawn(self._say_and_end(code), name="failing")

    async def stop(self) -> None:
        """Cancel all tasks of this connection and wait for them, at most STOP_SECONDS."""
        current = asyncio.current_task()
        loop = asyncio.get_running_loop()
        until = loop.time() + STOP_SECONDS
        while (tasks := {task for task in self._tasks if task is not current}) and loop.time() < until:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=max(0.0, until - loop.time()))
            self._tasks -= {task for task in tasks if task.done()}
        for task in tasks:
            log.error("a task does not stop", session_id=self.state.session_id, task=task.get_name().split()[0])

    async def abandon(self, reason: AbandonReason) -> None:
        """Record that the session ended before completion, if it had started.

        A session that was idle, lost its connection or moved to another replica may be resumed from its snapshot;
        the events of the later epoch then take precedence over this one.
        """
        if self.state.phase in ("started", "talking", "review"):
            if reason not in RESUMABLE:
                self.state.phase = "left"
                self.edge.ends.remember(self.state.session_id, SessionEnd("left"))
            self.edge.doors.abandon(self.state.session_id, may_return=reason in RESUMABLE and self.state.has_words)
            if self._owed is not None:  # The page must not send a turn again that its snapshot will hold.
                self.frame = self.heard_frame
            try:
                await self.record(SessionAbandoned(reason=reason), then=self._owed)
            except NotRecorded:
                log.error("abandonment not recorded", session_id=self.state.session_id, reason=reason)

    async def _refuse_events(self) -> None:
        await self.send_error("too_many", retryable=False)
        self.end(CloseCode.TOO_MANY, abandoned="protocol_error")

    async def _say_and_end(self, code: str) -> None:
        await self.send_error(code, retryable=True)
        self.end(CloseCode.MAINTENANCE)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            if self.ending.done():
                return
            self.fail(error)

    def _done_quietly(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()
