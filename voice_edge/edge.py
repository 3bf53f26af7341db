"""The edge as one object: everything that its sessions and pages are given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from pilot.cafes import Cafe, Cafes
from pilot.events import Event
from pilot.settings import Settings
from storage.landing.segments import Segments
from voice_edge.clock import Clock
from voice_edge.doors.codes import CodeDirectory
from voice_edge.doors.doors import Doors
from voice_edge.doors.limits import Limits
from voice_edge.doors.open_sessions import OpenSessions
from voice_edge.hearing.caption_budget import CaptionBudget
from voice_edge.hearing.turn_taking import SpeechWindow, TurnEvent
from voice_edge.metrics import Metrics
from voice_edge.receipts.bank_account import BankAccounts
from voice_edge.receipts.receipt import ReceiptService

if TYPE_CHECKING:
    from voice_edge.hearing.transcript import Transcript
    from voice_edge.hearing.workload import Admission, RecogniserFigures
    from voice_edge.interviewer import Conversation, ReplyPart


class EventLog(Protocol):
    """The part of storage's append log that a session needs."""

    async def append_durably(self, events: Sequence[Event]) -> None:
        """Return once the events are on the disk."""
        ...

    def publish_soon(self) -> None:
        """Seal what is there, so that it is published."""
        ...


class Listener(Protocol):
    """Speech windows from audio: `VoiceActivity`, one per microphone."""

    def feed(self, pcm16: bytes) -> list[SpeechWindow]:
        """Return the windows that are complete with this audio."""
        ...

    def reset(self, *, at: int | None = None) -> None:
        """Forget what was heard; the next sample has position `at`."""
        ...


class Turns(Protocol):
    """Turns from speech windows: `TurnTaking`, one per microphone."""

    def hear(self, window: SpeechWindow) -> list[TurnEvent]:
        """Return what this window decides."""
        ...

    def stop(self, at: int) -> list[TurnEvent]:
        """Return what pressing "done" decides."""
        ...

    def transcript(self, revision: int, text: str) -> None:
        """Take what speculation heard."""
        ...

    def rearm(self, at: int) -> None:
        """Listen for the next turn."""
        ...


class Hearing(Protocol):
    """Words from audio: `Recogniser`."""

    @property
    def queue_depth(self) -> int:
        """Return how many recognitions wait."""
        ...

    def recognise(
        self, audio: npt.NDArray[np.float32], *, language: str, session_id: str, final: bool = True, prompt: str = ""
    ) -> Future[Transcript]:
        """Queue a recognition."""
        ...

    def qualified(self, language: str) -> bool:
        """Return whether `language` is heard well enough."""
        ...

    def hurry(self, session_id: str) -> None:
        """Serve a session's waiting final before those that are only begun early."""
        ...

    def admission(self, *, voice_sessions: int) -> Admission:
        """Tell whether one more voice session may begin beside so many."""
        ...

    def figures(self) -> RecogniserFigures:
        """Return what was counted and measured so far."""
        ...

    def forget(self, session_id: str) -> None:
        """Drop what is queued for a session."""
        ...


class Asking(Protocol):
    """Answers: an `Interviewer`."""

    def reply(self, conversation: Conversation, *, committed: asyncio.Event | None = None) -> AsyncIterator[ReplyPart]:
        """Return the growing answer to what was said last, to be shown once `committed` is set."""
        ...


@dataclass(slots=True)
class Edge:
    """One replica.

    Attributes:
        asking: Who answers.
        new_listener: Makes what finds speech in a microphone's audio.
        new_turns: Makes what finds turns in its speech.
        demo: Whether the home is a demo's: everything is simulated.
        hearing: None where no recogniser could be started; then everybody writes.
        hearing_ready: Whether the recogniser is warm, or known not to come.
        landing_writable: Whether events can be put on the disk.
        open_segments: Opens the landing, where what a guest said is read for them to see why; None: it cannot be.
        more_background: What else runs as long as the replica.
    """

    settings: Settings
    cafes: Cafes
    secret: bytes
    clock: Clock
    log: EventLog
    codes: CodeDirectory
    receipts: ReceiptService
    asking: Asking
    hearing: Hearing | None
    new_listener: Callable[[], Listener]
    new_turns: Callable[[], Turns]
    demo: bool = False
    limits: Limits = field(default_factory=Limits)
    metrics: Metrics = field(default_factory=Metrics)
    sessions: OpenSessions = field(init=False)
    doors: Doors = field(init=False)
    bank: BankAccounts = field(init=False)
    captions: CaptionBudget = field(init=False)
    hearing_ready: Callable[[], bool] = lambda: True
    landing_writable: Callable[[], bool] = lambda: True
    open_segments: Callable[[], Segments] | None = None
    more_background: Sequence[Callable[[], Coroutine[Any, Any, None]]] = ()

    def __post_init__(self) -> None:
        self.sessions = OpenSessions(most=self.limits.open_sessions)
        self.doors = Doors(
            settings=self.settings,
            cafes=self.cafes,
            secret=self.secret,
            clock=self.clock,
            open_store=self.codes.open_store,
            demo=self.demo,
        )
        self.bank = BankAccounts(self.settings, open_store=self.codes.open_store, clock=self.clock)
        self.captions = CaptionBudget(clock=self.clock)
        hearing = self.hearing
        self.metrics.watch(
            sessions=lambda: self.sessions.count,
            talking=lambda: self.sessions.talking,
            receipts=lambda: self.receipts.waiting,
            recogniser=hearing.figures if hearing is not None else None,
        )

    def cafe_of_host(self, host: str) -> Cafe | None:
        """Return the café whose domain `host` (perhaps with a port) is."""
        name = host.rsplit(":", 1)[0].lower()
        return next((cafe for cafe in self.cafes.cafe if cafe.domain == name), None)

    def cafe(self, cafe_id: str) -> Cafe | None:
        """Return a café of the pilot by its id."""
        return next((cafe for cafe in self.cafes.cafe if cafe.id == cafe_id), None)

    def background(self) -> Sequence[Any]:
        """Return the coroutines that run as long as the replica."""
        return (
            self.codes.keep_fresh(),
            self.receipts.keep_saving(),
            *self.doors.background(),
            *(work() for work in self.more_background),
        )
