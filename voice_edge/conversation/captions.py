"""Captions: a turn's words so far, sent while the customer speaks; they never delay a reply."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING

from voice_edge.conversation.live import Live
from voice_edge.conversation.redacting import redacted
from voice_edge.protocol import Partial
from voice_edge.protocol.frames import SAMPLE_RATE

if TYPE_CHECKING:
    from voice_edge.hearing.transcript import Transcript

CAPTION_EVERY_SAMPLES = 900 * SAMPLE_RATE // 1000


class Captions:
    """Captions of one microphone: one recognition at a time, only while the recogniser is idle."""

    def __init__(
        self,
        live: Live,
        *,
        recognise: Callable[[int, int], Coroutine[None, None, Transcript]],
        listening: Callable[[], bool],
    ) -> None:
        """Create the captions.

        Args:
            live: The session.
            recognise: Recognises the audio between two positions.
            listening: Whether the turn is still open, so that its captions are wanted.
        """
        self._live = live
        self._recognise = recognise
        self._listening = listening
        self._task: asyncio.Task[None] | None = None
        self._reached = 0

    def begin(self, start: int, end: int) -> None:
        """Recognise the speech from `start` to `end`, if a caption is due and no other work waits."""
        live = self._live
        recogniser = live.edge.recogniser
        if (
            end - max(self._reached, start) < CAPTION_EVERY_SAMPLES
            or recogniser is None
            or live.edge.doors.spares_work
            or (self._task is not None and not self._task.done())
            or recogniser.queue_depth > 0
            or not live.edge.captions.acquire()
        ):
            return
        self._reached = end
        self._task = live.spawn_quietly(self._send(start, end), name="captions")
        self._task.add_done_callback(lambda _: live.edge.captions.release())

    def cancel(self) -> None:
        """Cancel the caption in progress: the turn has ended."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _send(self, start: int, end: int) -> None:
        live = self._live
        number = live.state.next_turn
        heard = await self._recognise(start, end)
        if heard.no_speech or not self._listening() or live.state.next_turn != number:
            return
        await live.send(Partial(turn=number, text=await redacted(live.state, heard.text, unfinished=True)))
