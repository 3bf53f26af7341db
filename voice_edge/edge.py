"""The replica: one object with all services that sessions and pages use."""

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
from voice_edge.doors.arrivals import Arrivals
from voice_edge.doors.codes import CodeDirectory
from voice_edge.doors.doors import Doors
from voice_edge.doors.event_budget import EventBudgets
from voice_edge.doors.limits import Limits
from voice_edge.doors.open_sessions import OpenSessions
from voice_edge.hearing.caption_budget import CaptionBudget
from voice_edge.hearing.turn_taking import SpeechWindow, TurnEvent
from voice_edge.interviewer import ScriptedInterviewer
from voice_edge.metrics import Metrics
from voice_edge.receipts.bank_onboarding import BankOnboarding
from voice_edge.receipts.receipt import ReceiptService
from voice_edge.receipts.session_ends import SessionEnds

if TYPE_CHECKING:
    from voice_edge.hearing.transcript import Transcript
    from voice_edge.hearing.workload import Admission, RecogniserFigures
    from voice_edge.interviewer import Conversation, ReplyPart


class EventLog(Protocol):
    """The part of storage's append log that a session uses."""

    async def append_durably(self, events: Sequence[Event]) -> None:
        """Return once the events are on the disk."""
        ...

    def publish_soon(self) -> None:
        """Seal the current segment, so that it is published."""
        ...


class Listener(Protocol):
    """Detects speech windows in audio: `VoiceActivity`, one per microphone."""

    def feed(self, pcm16: bytes) -> list[SpeechWindow]:
        """Return the windows that are complete with this audio."""
        ...

    def reset(self, *, at: int | None = None) -> None:
        """Discard buffered audio; the next sample has position `at`."""
        ...


class Turns(Protocol):
    """Detects turns in speech windows: `TurnTaking`, one per microphone."""

    def hear(self, window: SpeechWindow) -> list[TurnEvent]:
        """Return the turn events of this window."""
        ...

    def stop(self, at: int) -> list[TurnEvent]:
        """Return the turn events after "done" was pressed."""
        ...

    def transcript(self, revision: int, text: str) -> None:
        """Accept the transcript of a speculation."""
        ...

    def rearm(self, at: int) -> None:
        """Listen for the next turn."""
        ...


class SpeechRecogniser(Protocol):
    """Transcribes audio: `Recogniser`."""

    @property
    def queue_depth(self) -> int:
        """Return the number of queued recognitions."""
        ...

    def recognise(
        self,
        audio: npt.NDArray[np.float32],
        *,
        language: str,
        session_id: str,
        final: bool = True,
        prompt: str = "",
        part: bool = False,
    ) -> Future[Transcript]:
        """Queue a recognition."""
        ...

    def qualified(self, language: str) -> bool:
        """Return whether `language` is recognised well enough."""
        ...

    def hurry(self, session_id: str) -> None:
        """Move a session's queued final ahead of speculations."""
        ...

    def admission(self, *, voice_sessions: int) -> Admission:
        """Return whether one more voice session may begin beside `voice_sessions`."""
        ...

    def figures(self) -> RecogniserFigures:
        """Return the counts and timings so far."""
        ...

    def forget(self, session_id: str) -> None:
        """Drop a session's queued recognitions."""
        ...


class ReplySource(Protocol):
    """Replies to a conversation: an `Interviewer`."""

    def reply(self, conversation: Conversation, *, committed: asyncio.Event | None = None) -> AsyncIterator[ReplyPart]:
        """Yield the growing reply to the last turn, to be shown once `committed` is set."""
        ...


@dataclass(slots=True)
class Edge:
    """One replica.

    Attributes:
        interviewer: Replies to the customer.
        new_listener: Makes a speech detector for a microphone.
        new_turns: Makes a turn detector for a microphone.
        demo: Whether the home is a demo's, with simulated data only.
        recogniser: The recogniser; None if it could not be started, so that everybody writes.
        recogniser_ready: Returns whether the recogniser is warm, or has failed to start.
        script: Replies without a model.
        landing_writable: Returns whether events can be written to the disk.
        leaving: Returns whether an operator has flagged this replica, so that new guests are sent to another one.
        open_segments: Opens the landing, to explain results to guests; None if it cannot be read.
        more_background: Further work that runs as long as the replica.
    """

    settings: Settings
    cafes: Cafes
    secret: bytes
    clock: Clock
    log: EventLog
    codes: CodeDirectory
    receipts: ReceiptService
    interviewer: ReplySource
    recogniser: SpeechRecogniser | None
    new_listener: Callable[[], Listener]
    new_turns: Callable[[], Turns]
    demo: bool = False
    limits: Limits = field(default_factory=Limits)
    metrics: Metrics = field(default_factory=Metrics)
    arrivals: Arrivals = field(default_factory=Arrivals)
    budgets: EventBudgets = field(default_factory=EventBudgets)
    sessions: OpenSessions = field(init=False)
    doors: Doors = field(init=False)
    bank: BankOnboarding = field(init=False)
    ends: SessionEnds = field(init=False)
    captions: CaptionBudget = field(init=False)
    recogniser_ready: Callable[[], bool] = lambda: True
    landing_writable: Callable[[], bool] = lambda: True
    leaving: Callable[[], bool] = lambda: False
    script: ReplySource = field(default_factory=ScriptedInterviewer)
    open_segments: Callable[[], Segments] | None = None
    more_background: Sequence[Callable[[], Coroutine[Any, Any, None]]] = ()

    def __post_init__(self) -> None:
        self.sessions = OpenSessions(
            most=self.limits.open_sessions, make_room=lambda newcomer: self.arrivals.make_room(newcomer)
        )
        self.doors = Doors(
            settings=self.settings,
            cafes=self.cafes,
            secret=self.secret,
            clock=self.clock,
            open_store=self.codes.open_store,
            demo=self.demo,
        )
        self.bank = BankOnboarding(self.settings, open_store=self.codes.open_store, clock=self.clock)
        self.ends = SessionEnds(
            self.codes.open_store,
            secret=self.secret,
            clock=self.clock,
            store_away=lambda: self.doors.board.store_away,
        )
        self.captions = CaptionBudget(clock=self.clock)
        recogniser = self.recogniser
        self.metrics.watch(
            sessions=lambda: self.sessions.count,
            talking=lambda: self.sessions.talking,
            receipts=lambda: self.receipts.waiting,
            recogniser=recogniser.figures if recogniser is not None else None,
        )

    @property
    def replies(self) -> ReplySource:
        """Return the author of the next reply: the interviewer, or the script while speed comes first."""
        return self.script if self.doors.spares_work else self.interviewer

    def cafe_of_host(self, host: str) -> Cafe | None:
        """Return the café with the domain `host`, which may have a port; None for none."""
        name = host.rsplit(":", 1)[0].lower()
        return next((cafe for cafe in self.cafes.cafe if cafe.domain == name), None)

    def cafe(self, cafe_id: str) -> Cafe | None:
        """Return a café of the pilot by its id; None for none."""
        return next((cafe for cafe in self.cafes.cafe if cafe.id == cafe_id), None)

    def background(self) -> Sequence[Any]:
        """Return the coroutines that run as long as the replica."""
        return (
            self.codes.keep_fresh(),
            self.receipts.keep_saving(),
            *self.doors.background(),
            *(work() for work in self.more_background),
        )
