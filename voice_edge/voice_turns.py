"""Spoken turns: frames become speech, speech becomes turns, and recognition starts before a turn is over.

At a soft end (a short silence) the recognition, and on its words the reply, are begun speculatively. Speech that goes
on throws them away; a commit takes them over. While a turn is being answered the microphone is not listened to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import structlog

from voice_edge.answer import Said, SpeechTimes, answer, conversation, could_not_hear, nothing_heard, redact_turn
from voice_edge.audio_timeline import AudioTimeline
from voice_edge.clock import within
from voice_edge.finish import finish_if_wanted
from voice_edge.hearing.errors import RecogniserBusy
from voice_edge.hearing.turn_taking import SPEECH_FROM, Commit, NoSpeech, Resumed, SoftEnd, SpeechStarted, TurnEvent
from voice_edge.limits import SAMPLE_RATE, Allowance
from voice_edge.live import Live
from voice_edge.protocol import AudioFrame, Busy, CloseCode, Partial
from voice_edge.reply_stream import ReplyStream

if TYPE_CHECKING:
    from voice_edge.hearing.heard import Heard

PARTIAL_EVERY_MS = 900
GUARD_SECONDS = 0.2  # From a reply on the screen to listening again.
SAME_END_SAMPLES = 512  # Two ends of speech within one window are the same end.
YIELD_EVERY_FRAMES = 16  # A page that sends its buffer again must not hold up the others.

log = structlog.get_logger("voice_edge.voice")


class Ear(Enum):
    """Whether frames are listened to."""

    CLOSED = "closed"
    LISTENING = "listening"
    ANSWERING = "answering"


@dataclass(slots=True)
class Speculation:
    """Work begun at a soft end."""

    revision: int
    audio_from: int
    speech_end: int
    began: float
    recognition: asyncio.Task[Heard]
    ended: float | None = None
    words: str = ""
    reply: ReplyStream | None = None


class VoiceTurns:
    """The microphone of one connection."""

    def __init__(self, live: Live) -> None:
        edge = live.edge
        self._live = live
        self._listener = edge.new_listener()
        self._turns = edge.new_turns()
        self._timeline = AudioTimeline()
        self._ahead = Allowance(rate=SAMPLE_RATE, burst=edge.limits.ahead_seconds * SAMPLE_RATE, clock=edge.clock)
        self._ear = Ear.CLOSED
        self._last_number = -1
        self._frames = 0
        self._speech_from: int | None = None
        self._speaking = False
        self._resumed = 0
        self._soft_end_at: float | None = None
        self._discarded = 0
        self._speculation: Speculation | None = None
        self._partial: asyncio.Task[None] | None = None
        self._partial_at = 0

    async def listen(self) -> None:
        """Listen for the next turn."""
        self._live.frame = self._live.heard_frame
        self._listener.reset(at=self._timeline.end)
        self._turns.rearm(self._timeline.end)
        self._forget_turn()
        self._ear = Ear.LISTENING
        await self._live.show("listening")

    async def close(self) -> None:
        """Stop listening: the customer writes, or the talk is over."""
        self._ear = Ear.CLOSED
        await self._drop_speculation()
        self._cancel_partial()

    async def hear(self, frame: AudioFrame) -> None:
        """Take one frame."""
        live = self._live
        if not self._ahead.take(frame.samples):
            await live.tell("too_many", retryable=False)
            live.end(CloseCode.TOO_MANY, abandoned="protocol_error")
            return
        if frame.number <= self._last_number:
            live.edge.metrics.ignored("repeated_frame")
            return
        self._last_number = frame.number
        self._frames += 1
        if self._frames % YIELD_EVERY_FRAMES == 0:
            await asyncio.sleep(0)
        live.heard_frame = frame.number
        if self._ear is not Ear.LISTENING:
            live.edge.metrics.ignored("frame_while_not_listening")
            return
        self._timeline.add(frame.pcm, arrived=live.edge.clock.monotonic(), captured_ms=frame.captured_ms)
        for window in self._listener.feed(frame.pcm):
            self._speaking = window.probability >= SPEECH_FROM
            for event in self._turns.hear(window):
                await self._on(event)
                if self._ear is not Ear.LISTENING:
                    return
        if self._speech_from is None:
            live.frame = frame.number
        else:
            self._begin_partial()

    async def stop(self) -> None:
        """The customer pressed "done"."""
        if self._ear is Ear.LISTENING:
            for event in self._turns.stop(self._timeline.end):
                await self._on(event)
                if self._ear is not Ear.LISTENING:
                    return

    async def _on(self, event: TurnEvent) -> None:
        if isinstance(event, SpeechStarted):
            self._speech_from = event.audio_from
            self._live.touch()
            await self._live.show("hearing")
        elif isinstance(event, SoftEnd):
            self._live.touch()
            self._cancel_partial()
            self._soft_end_at = self._live.edge.clock.monotonic()
            await self._drop_speculation()
            self._speculate(event)
        elif isinstance(event, Resumed):
            self._resumed += 1
            self._discarded += 1
            await self._drop_speculation()
        elif isinstance(event, Commit):
            speculation = self._take_speculation()
            self._begin_answer(lambda: self._answer_speech(event, speculation))
        elif isinstance(event, NoSpeech):
            if self._live.state.silences > self._live.edge.limits.ask_again:
                await self.listen()  # Writing was suggested: no more is said about silence.
            else:
                self._begin_answer(lambda: nothing_heard(self._live))

    def _begin_answer(self, work: Callable[[], Awaitable[None]]) -> None:
        self._ear = Ear.ANSWERING
        self._cancel_partial()
        self._live.begin_turn()
        self._live.spawn(self._answering(work), name="answering")

    async def _answering(self, work: Callable[[], Awaitable[None]]) -> None:
        live = self._live
        await live.show("thinking")
        number = live.state.next_turn
        try:
            await work()
        finally:
            live.end_turn()
        await finish_if_wanted(live)
        if self._ear is Ear.ANSWERING and live.state.phase == "talking":
            await self._reply_shown(number)
            await self._listen_again()

    async def _listen_again(self) -> None:
        """Listen, unless the customer went over to writing or sent the feedback meanwhile."""
        if self._ear is Ear.ANSWERING and self._live.state.phase == "talking":
            await self.listen()

    async def _reply_shown(self, number: int) -> None:
        live = self._live
        shown = live.shown.get(number)
        if shown is None:
            return
        try:
            await within(live.edge.limits.shown_wait_seconds, shown.wait(), clock=live.edge.clock)
            await live.edge.clock.sleep(GUARD_SECONDS)
        except TimeoutError:
            live.edge.metrics.ignored("reply_never_shown")

    async def _answer_speech(self, commit: Commit, speculation: Speculation | None) -> None:
        live = self._live
        committed_at = live.edge.clock.monotonic()
        if speculation is not None and self._same_speech(commit, speculation):
            began, recognition = speculation.began, speculation.recognition
        else:
            if speculation is not None:
                speculation.recognition.cancel()
            began = committed_at
            recognition = live.spawn_quietly(self._recognise(commit.audio_from, commit.at), name="recognising")
        heard, failure = await self._heard(recognition)
        ended = live.edge.clock.monotonic()
        if speculation is not None and recognition is speculation.recognition and speculation.ended is not None:
            ended = speculation.ended
        times = SpeechTimes(
            speech_end=self._timeline.arrived(commit.speech_end),
            speech_end_page_ms=round(self._timeline.captured_ms(commit.speech_end), 1),
            commit=committed_at,
            soft_end=self._soft_end_at,
            recognition_start=began,
            recognition_end=ended,
        )
        text = redact_turn(live, heard.text) if heard is not None else ""
        reply = await self._early_reply(speculation, heard=heard, text=text)
        if heard is None:
            await could_not_hear(live, reason=failure, times=times)
        elif heard.no_speech or not text.strip():
            await nothing_heard(live, times=times)
        else:
            said = Said(
                text=text,
                revision=1 + self._resumed,  # The ear counts over the whole session, the record within a turn.
                confidence=heard.confidence,
                low_confidence=heard.low_confidence,
                speech_samples=commit.voiced_samples,
                discarded=self._discarded,
                times=times,
            )
            await answer(live, said, early=reply)

    async def _heard(self, recognition: asyncio.Task[Heard]) -> tuple[Heard | None, str]:
        """Return what was recognised, or why nothing was."""
        live = self._live
        try:
            seconds = live.edge.limits.recognition_seconds
            return await within(seconds, recognition, clock=live.edge.clock), ""
        except RecogniserBusy as busy:
            await live.send(Busy(retry_after_s=float(busy.retry_after_s)))
            return None, "busy"
        except TimeoutError:
            return None, "recogniser_timeout"
        except Exception as error:
            log.warning("recognition failed", session_id=live.state.session_id, kind=type(error).__name__)
            return None, "recogniser_error"

    async def _early_reply(
        self, speculation: Speculation | None, *, heard: Heard | None, text: str
    ) -> ReplyStream | None:
        """Return the reply that was begun early, if it was begun on the words that count."""
        if speculation is None or speculation.reply is None:
            return None
        usable = heard is not None and not heard.no_speech and not heard.low_confidence
        if usable and equivalent(speculation.words, text):
            return speculation.reply
        self._discarded += 1
        await speculation.reply.close()
        return None

    def _same_speech(self, commit: Commit, speculation: Speculation) -> bool:
        """Return whether the early recognition is of the speech that was committed."""
        return (
            speculation.revision == commit.revision
            and speculation.audio_from == commit.audio_from
            and abs(speculation.speech_end - commit.speech_end) <= SAME_END_SAMPLES
            and not failed(speculation.recognition)
        )

    def _speculate(self, event: SoftEnd) -> None:
        recognition = self._live.spawn_quietly(self._recognise(event.audio_from, event.at), name="recognising early")
        speculation = Speculation(
            revision=event.revision,
            audio_from=event.audio_from,
            speech_end=event.speech_end,
            began=self._live.edge.clock.monotonic(),
            recognition=recognition,
        )
        self._speculation = speculation
        recognition.add_done_callback(lambda task: self._recognised_early(speculation, task))

    def _recognised_early(self, speculation: Speculation, task: asyncio.Task[Heard]) -> None:
        """Begin the reply on what was recognised; a failure is met at the commit."""
        live = self._live
        if task.cancelled() or task.exception() is not None or live.ending.done():
            return
        heard = task.result()
        speculation.ended = live.edge.clock.monotonic()
        if speculation is self._speculation:
            self._turns.transcript(speculation.revision, heard.text)
        elif self._ear is not Ear.ANSWERING:
            return
        if not heard.low_confidence and not heard.no_speech and heard.text.strip():
            speculation.words = redact_turn(live, heard.text)
            parts = live.edge.asking.reply(conversation(live, said=speculation.words))
            speculation.reply = ReplyStream(parts, clock=live.edge.clock)

    async def _recognise(self, start: int, end: int, *, final: bool = True) -> Heard:
        live = self._live
        hearing = live.edge.hearing
        if hearing is None:
            raise RecogniserAway
        audio = self._timeline.audio(start, end)
        future = hearing.recognise(audio, language=live.state.language, session_id=live.state.session_id, final=final)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if future.cancelled() and task is not None and not task.cancelling():
                raise RecogniserAway from None  # Dropped as stale by the recogniser, not by us.
            raise

    def _take_speculation(self) -> Speculation | None:
        speculation, self._speculation = self._speculation, None
        return speculation

    async def _drop_speculation(self) -> None:
        speculation = self._take_speculation()
        if speculation is not None:
            speculation.recognition.cancel()
            if speculation.reply is not None:
                await speculation.reply.close()

    def _begin_partial(self) -> None:
        live = self._live
        hearing = live.edge.hearing
        start = self._speech_from
        if (
            hearing is None
            or start is None
            or self._speculation is not None
            or (self._partial is not None and not self._partial.done())
            or self._timeline.end - max(self._partial_at, start) < PARTIAL_EVERY_MS * SAMPLE_RATE // 1000
            or hearing.queue_depth > 0
            or not self._speaking
            or not live.edge.captions.take()
        ):
            return
        self._partial_at = self._timeline.end
        self._partial = live.spawn_quietly(self._send_partial(start), name="captions")
        self._partial.add_done_callback(lambda _: live.edge.captions.give_back())

    async def _send_partial(self, start: int) -> None:
        live = self._live
        number = live.state.next_turn
        heard = await self._recognise(start, self._timeline.end, final=False)
        if heard.no_speech or self._ear is not Ear.LISTENING or live.state.next_turn != number:
            return
        await live.send(Partial(turn=number, text=redact_turn(live, heard.text)))

    def _cancel_partial(self) -> None:
        if self._partial is not None:
            self._partial.cancel()
            self._partial = None

    def _forget_turn(self) -> None:
        self._speech_from = None
        self._soft_end_at = None
        self._discarded = 0
        self._resumed = 0


class RecogniserAway(Exception):
    """There is no recogniser on this replica, or it dropped the work; met as `recogniser_error`."""


def failed(task: asyncio.Task[Heard]) -> bool:
    """Return whether a recognition has ended without a result."""
    return task.done() and (task.cancelled() or task.exception() is not None)


def equivalent(one: str, other: str) -> bool:
    """Return whether two transcripts say the same, whatever their case and punctuation."""

    def words(text: str) -> list[str]:
        return "".join(letter if letter.isalnum() else " " for letter in text.casefold()).split()

    return words(one) == words(other)
