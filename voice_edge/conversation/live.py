"""A live session: its state, its connection, its recorder and its tasks, and the one way in which it ends."""

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
from voice_edge.conversation.recorder import Recorder
from voice_edge.conversation.snapshot import seal
from voice_edge.conversation.state import SessionState
from voice_edge.edge import Edge
from voice_edge.errors import EdgeError, NotRecorded
from voice_edge.protocol import Ack, CloseCode, ErrorMessage, Outgoing, State, StateName

AbandonReason = Literal[
    "closed", "idle", "total_limit", "replaced", "declined", "protocol_error", "edge_stopped", "connection_lost"
]
RESUMABLE: frozenset[AbandonReason] = frozenset({"idle", "edge_stopped", "connection_lost"})
STOP_SECONDS = 1.5  # For tasks that were cancelled; what hangs longer is left behind and logged.

log = structlog.get_logger("voice_edge.conversation.session")


@dataclass(frozen=True, slots=True)
class Ending:
    """How a connection ends.

    Attributes:
        code: What the page is told; None where it is gone already.
        abandoned: Recorded as the session's end, where the edge knows that the session and not only the
            connection ended.
    """

    code: CloseCode | None
    abandoned: AbandonReason | None = None


@dataclass(slots=True)
class Live:
    """What every part of one connection's session shares.

    Attributes:
        frame: The last audio frame that the page need not send again: it is part of no turn, or of one on the disk.
        heard_frame: The last one that came.
        answered: Whether the whole answer is on its way to the page; only the record of it may be missing.
        idle: Set while no turn is being answered.
        finish_wanted: Whether the customer pressed send meanwhile.
        active_at: When the customer last did something, steady clock.
        started_at: When the customer pressed start, steady clock; None before. The wall clock may jump.
        speech_ends: By turn, the last voiced sample on the page's clock; of this connection only.
        shown: By turn, set once the page has shown the reply.
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
    finish_wanted: bool = False
    active_at: float = 0.0
    started_at: float | None = None
    speech_ends: dict[int, float] = field(default_factory=dict)
    shown: dict[int, asyncio.Event] = field(default_factory=dict)
    failing: bool = False
    ending: asyncio.Future[Ending] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.idle.set()
        begun = self.state.started_at
        if begun is not None:
            clock = self.edge.clock
            self.started_at = clock.monotonic() - max(0.0, (clock.now() - begun).total_seconds())

    @property
    def busy(self) -> bool:
        """Return whether a turn is being answered."""
        return not self.idle.is_set()

    def begin_turn(self) -> None:
        """A turn is being answered from now on."""
        self.idle.clear()
        self.answered = False

    def end_turn(self) -> None:
        """The turn has its answer, or never will."""
        self.idle.set()

    async def send(self, message: Outgoing) -> None:
        """Send a message to the page."""
        await self.connection.send(message)

    async def show(self, state: StateName) -> None:
        """Tell the page what to show."""
        await self.send(State(state=state))

    async def tell(self, code: str, *, retryable: bool) -> None:
        """Tell the page what went wrong, in the guest's language."""
        message = say("edge", f"errors.{code}", self.state.language)
        await self.send(ErrorMessage(code=code, message=message, retryable=retryable))

    async def record(self, content: BaseModel, *, then: Outgoing | None = None) -> None:
        """Record an event, then acknowledge it with the state as it is by then.

        Args:
            content: The event's content.
            then: What the page is told once it is on the disk, before it is acknowledged.
        """
        await self.recorder.record(content)
        if then is not None:
            await self.send(then)
        if isinstance(content, UtteranceCommitted | TurnFailed):
            self.frame = self.heard_frame
        await self.acknowledge()

    async def acknowledge(self) -> None:
        """Acknowledge what is on the disk."""
        state = self.state
        snapshot = seal(state, secret=self.edge.secret, at=self.edge.clock.now())
        await self.send(Ack(epoch=state.epoch, seq=self.recorder.seq, frame=self.frame, snapshot=snapshot))

    async def refused_voice(self) -> None:
        """Record that the next turn could not be spoken, the recogniser being full; it may be written."""
        await self.record(TurnFailed(turn=self.state.next_turn, reason="busy"))
        self.edge.metrics.turn("busy", mode="voice")

    def touch(self) -> None:
        """Note that the customer did something."""
        self.active_at = self.edge.clock.monotonic()

    def spawn(self, work: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[Any]:
        """Run `work` beside the reader; it ends with the connection, and an error in it ends the connection."""
        task = asyncio.create_task(work, name=f"{name} {self.state.session_id}")
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def spawn_quietly(self, work: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[Any]:
        """Run `work` beside the reader; whoever awaits it meets its error."""
        task = asyncio.create_task(work, name=f"{name} {self.state.session_id}")
        self._tasks.add(task)
        task.add_done_callback(self._done_quietly)
        return task

    def end(self, code: CloseCode | None, *, abandoned: AbandonReason | None = None) -> None:
        """End the connection; the first reason counts."""
        if not self.ending.done():
            self.ending.set_result(Ending(code, abandoned))

    def fail(self, error: BaseException) -> None:
        """End the connection for an error that nobody else answered."""
        if isinstance(error, ConnectionLost):
            self.end(None)
            return
        if self.failing:
            return
        self.failing = True
        if not isinstance(error, EdgeError):
            log.error("session failed", session_id=self.state.session_id, kind=type(error).__name__, exc_info=error)
        code = "not_saved" if isinstance(error, NotRecorded) else "internal"
        self.spawn(self._say_and_end(code), name="failing")

    async def stop(self) -> None:
        """Stop everything that runs for this connection, and wait until it has, though not forever."""
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
        """Record that the session ended without being sent, if it had started.

        Who was idle, lost the connection or was sent to another replica may still come back: the snapshot stays good,
        and what is recorded then, in a later epoch, outweighs this.
        """
        if self.state.phase in ("started", "talking", "review"):
            if reason not in RESUMABLE:
                self.state.phase = "left"
            self.edge.doors.abandon(self.state.session_id, may_return=reason in RESUMABLE)
            try:
                await self.record(SessionAbandoned(reason=reason))
            except NotRecorded:
                log.error("abandonment not recorded", session_id=self.state.session_id, reason=reason)

    async def _say_and_end(self, code: str) -> None:
        await self.tell(code, retryable=True)
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
