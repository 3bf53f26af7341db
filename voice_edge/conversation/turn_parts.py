"""Recognises a long turn in parts while it is spoken, so that its beginning is never lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING

from voice_edge.conversation.live import Live
from voice_edge.hearing.quiet_splits import quietest_place
from voice_edge.hearing.transcript import joined
from voice_edge.protocol.frames import SAMPLE_RATE

if TYPE_CHECKING:
    from voice_edge.conversation.audio_timeline import AudioTimeline
    from voice_edge.hearing.transcript import Transcript

PART_SAMPLES = 15 * SAMPLE_RATE  # Half a window of the model: its recognition fits into the cap on a busy machine too.
SEARCH_SAMPLES = 4 * SAMPLE_RATE  # A part ends at the quietest place of its last seconds.

Recognise = Callable[[int, int, bool], Coroutine[None, None, "Transcript"]]


@dataclass(frozen=True, slots=True)
class _Part:
    start: int
    end: int
    recognition: asyncio.Task[Transcript]

    @property
    def failed(self) -> bool:
        done = self.recognition
        return done.done() and (done.cancelled() or done.exception() is not None)

    @property
    def heard(self) -> Transcript | None:
        """Return its transcript; None while it is recognised, and if that failed."""
        return self.recognition.result() if self.recognition.done() and not self.failed else None


class TurnParts:
    """The parts of the current turn, in order and without gaps; at most the last one is being recognised."""

    def __init__(self, live: Live, *, timeline: AudioTimeline, recognise: Recognise) -> None:
        """Create the parts.

        Args:
            live: The session.
            timeline: The microphone's audio.
            recognise: Recognises the audio between two positions; True if a later request must not replace it.
        """
        self._live = live
        self._timeline = timeline
        self._recognise = recognise
        self._parts: list[_Part] = []

    def reset(self) -> None:
        """Drop the parts: another turn begins."""
        for part in self._parts:
            part.recognition.cancel()
        self._parts = []

    def grow(self, start: int, end: int) -> None:
        """Begin the next part if the turn from `start` has reached `end` and is long enough."""
        self._drop_failed()
        if self._parts and not self._parts[-1].recognition.done():
            return
        begin = self._parts[-1].end if self._parts else start
        if end - begin < PART_SAMPLES:
            return
        audio = self._timeline.audio(begin, begin + PART_SAMPLES)
        cut = begin + quietest_place(audio, first=PART_SAMPLES - SEARCH_SAMPLES, last=len(audio))
        task = self._live.spawn_quietly(self._recognise(begin, cut, True), name="recognising a part")
        self._parts.append(_Part(begin, cut, task))

    async def whole(self, start: int, end: int) -> Transcript:
        """Return the transcript of the turn from `start` to `end`; only the rest is recognised now.

        Raises:
            RecogniserAway: there is no recogniser, or it dropped a request.
            RecogniserBusy: its queue is full.
            PilotError: a recognition failed.
        """
        self._drop_failed()
        parts = list(self._parts)
        if not parts:
            return await self._recognise(start, end, False)
        rest = self._live.spawn_quietly(self._recognise(parts[-1].end, end, False), name="recognising the rest")
        try:
            transcripts = [await self._finished(part) for part in parts]
            return joined([*transcripts, await rest])
        finally:
            rest.cancel()

    def heard(self) -> Transcript | None:
        """Return the words of the recognised parts; None if there are none."""
        heard = [part.heard for part in self._parts if part.heard is not None]
        found = joined(heard) if heard else None
        return found if found is not None and found.text else None

    def unheard(self, start: int) -> int:
        """Return where the audio begins that no recognised part covers, in the turn from `start`."""
        open_part = next((part.start for part in self._parts if part.heard is None), None)
        if open_part is not None:
            return open_part
        return self._parts[-1].end if self._parts else start

    async def _finished(self, part: _Part) -> Transcript:
        try:
            return await asyncio.shield(part.recognition)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
        except Exception:  # noqa: S110 -- recognised again below, where the error is raised
            pass
        return await self._recognise(part.start, part.end, False)

    def _drop_failed(self) -> None:
        while self._parts and self._parts[-1].failed:
            self._parts.pop()
