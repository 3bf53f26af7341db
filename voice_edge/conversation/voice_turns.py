"""Spoken turns: detects speech in audio frames and turns in speech, and replies to each turn.

Frames that arrive during a reply are ignored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from voice_edge.conversation.answer import answer
from voice_edge.conversation.audio_timeline import AudioTimeline
from voice_edge.conversation.captions import Captions
from voice_edge.conversation.finish import ended_before
from voice_edge.conversation.fixed_answers import answer_silence, answer_unrecognised
from voice_edge.conversation.live import Live
from voice_edge.conversation.recognition import RecognitionRefused, recognise, recognised_within
from voice_edge.conversation.redacting import redacted
from voice_edge.conversation.speculation import Speculation, Speculations
from voice_edge.conversation.turn_parts import TurnParts
from voice_edge.conversation.utterance import SpeechTimes, Utterance
from voice_edge.doors.limits import Allowance
from voice_edge.hearing.transcript import joined
from voice_edge.hearing.turn_taking import SPEECH_FROM, Commit, NoSpeech, Resumed, SoftEnd, SpeechStarted, TurnEvent
from voice_edge.protocol import AudioFrame, Busy, CloseCode
from voice_edge.protocol.frames import SAMPLE_RATE
from voice_edge.receipts.session_ends import SessionEnd

if TYPE_CHECKING:
    from voice_edge.hearing.transcript import Transcript

YIELD_EVERY_FRAMES = 16  # A page that resends its buffer must not delay other sessions.
STARVED_SECONDS = 15.0  # Time without a frame; a page that reads a reply aloud mutes its microphone for less.
STARVED_POLL_SECONDS = 1.0

Work = Callable[[], Awaitable[None]]


class VoiceTurns:
    """The microphone of one connection.

    Args:
        live: The session.
        answering: Runs the work that replies to a turn.
    """

    def __init__(self, live: Live, *, answering: Callable[[Work], None]) -> None:
        edge = live.edge
        self._live = live
        self._answering = answering
        self._listener = edge.new_listener()
        self._turns = edge.new_turns()
        self._timeline = AudioTimeline()
        self._ahead = Allowance(rate=SAMPLE_RATE, burst=edge.limits.ahead_seconds * SAMPLE_RATE, clock=edge.clock)
        self._parts = TurnParts(live, timeline=self._timeline, recognise=self._recognise_part)
        self._early = Speculations(live, recognise=self._parts.whole, words=self._turns.transcript)
        self._captions = Captions(live, recognise=self._recognise_caption, listening=lambda: self.listening)
        self._listening = False
        self._last_number = -1
        self._frames = 0
        self._framed_at = 0.0
        self._watch: asyncio.Task[None] | None = None
        self._speech_from: int | None = None
        self._end: asyncio.Task[SessionEnd | None] | None = None
        self._speaking = False
        self._resumed = 0
        self._soft_end_at: float | None = None

    @property
    def listening(self) -> bool:
        """Return whether frames are processed."""
        return self._listening

    async def listen(self) -> None:
        """Listen for the next turn."""
        live = self._live
        live.frame = live.heard_frame
        self._listener.reset(at=self._timeline.end)
        self._turns.rearm(self._timeline.end)
        self._early.discard()
        self._early.reset_count()
        self._parts.reset()
        self._speech_from = None
        self._soft_end_at = None
        self._resumed = 0
        self._framed_at = live.edge.clock.monotonic()
        self._listening = True
        if self._watch is None:
            self._watch = live.spawn(self._watch_frames(), name="watching frames")
        await live.show("listening")

    def close(self) -> None:
        """Stop listening: a reply is in progress, the customer writes, or the talk is over."""
        self._listening = False
        self._early.discard()
        self._captions.cancel()

    async def hear(self, frame: AudioFrame) -> None:
        """Process one frame."""
        live = self._live
        if not self._ahead.take(frame.samples):
            await live.send_error("too_many", retryable=False)
            live.end(CloseCode.TOO_MANY, abandoned="protocol_error")
            return
        if frame.number <= self._last_number:
            live.edge.metrics.count_ignored("repeated_frame")
            return
        self._last_number = frame.number
        self._frames += 1
        if self._frames % YIELD_EVERY_FRAMES == 0:
            await asyncio.sleep(0)
        live.heard_frame = frame.number
        if not self._listening:
            live.edge.metrics.count_ignored("frame_while_not_listening")
            return
        self._framed_at = live.edge.clock.monotonic()
        self._timeline.add(frame.pcm, arrived=self._framed_at, captured_ms=frame.captured_ms)
        for window in self._listener.feed(frame.pcm):
            self._speaking = window.probability >= SPEECH_FROM
            for event in self._turns.hear(window):
                await self._on(event)
                if not self._listening:
                    return
        if self._speech_from is None:
            live.frame = frame.number
            return
        self._parts.grow(self._speech_from, self._timeline.end)
        if self._speaking and not self._early.under_way:
            self._captions.begin(self._speech_from, self._timeline.end)

    async def stop(self) -> None:
        """End the turn now: the customer pressed "done", or frames no longer arrive."""
        if self._listening:
            for event in self._turns.stop(self._timeline.end):
                await self._on(event)
                if not self._listening:
                    return

    async def _on(self, event: TurnEvent) -> None:
        live = self._live
        if isinstance(event, SpeechStarted):
            self._speech_from = event.audio_from
            # Read while the customer speaks: a store that hangs delays no reply.
            self._end = live.spawn_quietly(live.edge.ends.find(live.state.session_id), name="finding the end")
            live.touch()
            await live.show("hearing")
        elif isinstance(event, SoftEnd):
            live.touch()
            self._captions.cancel()
            self._soft_end_at = live.edge.clock.monotonic()
            self._early.begin(event)
        elif isinstance(event, Resumed):
            self._resumed += 1
            self._early.discard()
        elif isinstance(event, Commit):
            early = self._early.take()
            if live.edge.recogniser is not None:
                live.edge.recogniser.hurry(live.state.session_id)
            self._answer(lambda: self._answer_speech(event, early))
        elif isinstance(event, NoSpeech):
            if live.state.silences > live.edge.limits.ask_again:
                await self.listen()  # Writing was suggested already: another silent turn gets no reply.
            else:
                self._answer(lambda: answer_silence(live))

    def _answer(self, work: Work) -> None:
        self.close()
        self._answering(work)

    async def _answer_speech(self, commit: Commit, early: Speculation | None) -> None:
        live = self._live
        session_id = live.state.session_id
        committed_at = live.edge.clock.monotonic()
        reuse = early is not None and early.same_speech(commit)
        if early is not None and reuse:
            began, recognition = early.began, early.recognition
            self._early.use(early)
        else:
            began = committed_at
            recognition = live.spawn_quietly(self._parts.whole(commit.audio_from, commit.at), name="recognising")
        heard, refused = None, None
        try:
            seconds = live.edge.limits.recognition_seconds
            heard = await recognised_within(seconds, recognition, edge=live.edge, session_id=session_id)
        except RecognitionRefused as reason:
            heard, refused = self._parts.heard(), reason
            if heard is not None:  # The beginning of a long turn counts; only its end is lost.
                live.edge.metrics.count_ignored("unheard_end")
                await live.send_error("partly_heard", retryable=True)
        if self._end is not None and self._end.done() and self._end.result() and await ended_before(live):
            return
        ended = early.ended if early is not None and reuse and early.ended is not None else None
        ended = live.edge.clock.monotonic() if ended is None else ended
        times = SpeechTimes(
            speech_end=self._timeline.arrived(commit.speech_end),
            speech_end_page_ms=round(self._timeline.captured_ms(commit.speech_end), 1),
            commit=committed_at,
            soft_end=self._soft_end_at,
            recognition_start=began,
            recognition_taken=max(began, ended - heard.seconds) if heard is not None else None,
            recognition_end=ended,
        )
        if times.recognition_taken is not None:
            live.edge.metrics.time_queueing(times.recognition_taken - began)
        text = await redacted(live.state, heard.text) if heard is not None else ""
        understood = heard is not None and not heard.no_speech and not heard.low_confidence
        reply = self._early.reply_to(early, text=text if understood else "") if early is not None else None
        if early is not None:
            if reply is not None:
                self._early.use(early)
            else:
                self._early.cancel_speculation(early)
        if heard is None:
            assert refused is not None
            if refused.retry_after_s is not None:
                await live.send(Busy(retry_after_s=refused.retry_after_s))
            await answer_unrecognised(live, reason=refused.reason, times=times)
        elif heard.no_speech or not text.strip():
            await answer_silence(live, times=times)
        else:
            said = Utterance(
                text=text,
                revision=1 + self._resumed,  # Turn-taking counts revisions over the session, the event within a turn.
                confidence=heard.confidence,
                low_confidence=heard.low_confidence,
                speech_samples=commit.voiced_samples,
                discarded=self._early.discarded,
                times=times,
            )
            await answer(live, said, early=reply)

    async def _watch_frames(self) -> None:
        """End a turn if frames stop arriving, so that it does not wait for a dead microphone."""
        live = self._live
        while True:
            await live.edge.clock.sleep(STARVED_POLL_SECONDS)
            silent_for = live.edge.clock.monotonic() - self._framed_at
            if self._listening and silent_for >= STARVED_SECONDS:
                live.edge.metrics.count_ignored("missing_frames")
                self._framed_at = live.edge.clock.monotonic()
                await self.stop()

    async def _recognise_part(self, start: int, end: int, kept: bool) -> Transcript:
        return await self._recognise_audio(start, end, final=True, part=kept)

    async def _recognise_caption(self, start: int, end: int) -> Transcript:
        before = self._parts.heard()
        latest = await self._recognise_audio(self._parts.unheard(start), end, final=False)
        return latest if before is None else joined([before, latest])

    async def _recognise_audio(self, start: int, end: int, *, final: bool, part: bool = False) -> Transcript:
        state = self._live.state
        return await recognise(
            self._live.edge,
            self._timeline.audio(start, end),
            language=state.language,
            session_id=state.session_id,
            final=final,
            part=part,
        )
