"""Fakes of the log, the recogniser, the interviewer and the listener, on the virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future
from dataclasses import fields
from typing import Any

import numpy as np

from pilot.events import Event
from tests.voice_edge.virtual_clock import VirtualClock
from voice_edge.hearing.transcript import Transcript
from voice_edge.hearing.turn_taking import WINDOW_SAMPLES, SpeechWindow
from voice_edge.hearing.workload import Admission, RecogniserFigures
from voice_edge.interviewer import Conversation, ReplyPart

LOUD = 8_000


class MemoryLog:
    """An append log in memory whose appends fail if `broken`, never end if `hangs`, and wait for `slow`."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.broken = False
        self.hangs = False
        self.slow: asyncio.Event | None = None
        self.published = 0

    async def append_durably(self, events: Sequence[Event]) -> None:
        await asyncio.sleep(0)
        if self.hangs:
            await asyncio.get_running_loop().create_future()
        if self.slow is not None:
            await self.slow.wait()
        if self.broken:
            raise OSError("disk full")
        self.events.extend(events)

    def publish_soon(self) -> None:
        self.published += 1

    def names(self, session_id: str | None = None) -> list[str]:
        return [event.event for event in self.events if session_id in (None, event.session_id)]

    def data(self, name: str) -> list[dict[str, Any]]:
        return [event.data for event in self.events if event.event == name]


def recognised(text: str, **changes: Any) -> Transcript:
    values: dict[str, Any] = {
        "text": text,
        "confidence": 0.9,
        "low_confidence": False,
        "no_speech": False,
        "retried": False,
        "seconds": 0.1,
        "language": "sv",
    }
    return Transcript(**{**values, **changes})


class FakeRecogniser:
    """Recognises `says` in order after `seconds` on the clock; the last one is repeated."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.says: list[Transcript | Exception] = [recognised("Kaffet var gott men det var lång kö vid lunch")]
        self.seconds = 0.0
        self.seconds_per_second = 0.0  # of audio
        self.finals: list[np.ndarray] = []
        self.partials = 0
        self.queue_depth = 0
        self.forgotten: list[str] = []
        self.full_at: int | None = None
        self.retry_after_s = 12.0
        self._tasks: set[asyncio.Task[None]] = set()

    def recognise(self, audio, *, language, session_id, final=True, prompt="", part=False) -> Future[Transcript]:
        future: Future[Transcript] = Future()
        if not final:
            self.partials += 1
            future.set_result(recognised("Kaffet var"))
            return future
        self.finals.append(audio)
        result = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        seconds = self.seconds + self.seconds_per_second * len(audio) / 16_000
        task = asyncio.ensure_future(self._settle(future, result, seconds))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return future

    async def _settle(self, future: Future[Transcript], result: Transcript | Exception, seconds: float) -> None:
        if seconds:
            await self._clock.sleep(seconds)
        if not future.set_running_or_notify_cancel():
            return
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)

    def qualified(self, language: str) -> bool:
        return language == "en"

    def hurry(self, session_id: str) -> None:
        return None

    def admission(self, *, voice_sessions: int) -> Admission:
        if self.full_at is not None and voice_sessions >= self.full_at:
            return Admission(False, self.retry_after_s, "full")
        return Admission(True)

    def figures(self) -> RecogniserFigures:
        numbers = dict.fromkeys((field.name for field in fields(RecogniserFigures)), 0)
        return RecogniserFigures(**{**numbers, "queue_depth": self.queue_depth, "finals": len(self.finals)})

    def forget(self, session_id: str) -> None:
        self.forgotten.append(session_id)


class FakeInterviewer:
    """Asks two follow-ups, then thanks; `broken` raises, `seconds` is the time to its first words.

    After its first words it `stalls` for ever, or `breaks_off` without a final part. `open` counts open replies.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.asked: list[Conversation] = []
        self.broken = False
        self.seconds = 0.0
        self.stalls = False
        self.breaks_off = False
        self.open = 0

    async def reply(
        self, conversation: Conversation, *, committed: asyncio.Event | None = None
    ) -> AsyncIterator[ReplyPart]:
        self.asked.append(conversation)
        self.open += 1
        try:
            if self.seconds:
                await self._clock.sleep(self.seconds)
            if committed is not None:
                await committed.wait()
            async for part in self._parts(conversation):
                yield part
        finally:
            self.open -= 1

    async def _parts(self, conversation: Conversation) -> AsyncIterator[ReplyPart]:
        if self.broken:
            raise RuntimeError("no model")
        over = conversation.follow_ups_asked >= 2
        purpose = "thanks" if over else "follow_up"
        text = "Tack för det!" if over else f"Berätta mer om det, fråga {conversation.follow_ups_asked + 1}?"
        yield ReplyPart(text=text[:8], final=False, author="scripted", purpose=purpose)
        if self.stalls:
            await asyncio.get_running_loop().create_future()
        if self.breaks_off:
            return
        yield ReplyPart(text=text, final=True, author="scripted", purpose=purpose)


class LoudnessListener:
    """A listener to which loud audio is speech."""

    def __init__(self) -> None:
        self._rest = b""
        self._position = 0

    def feed(self, pcm16: bytes) -> list[SpeechWindow]:
        self._rest += pcm16
        windows = []
        while len(self._rest) >= WINDOW_SAMPLES * 2:
            samples = np.frombuffer(self._rest[: WINDOW_SAMPLES * 2], dtype="<i2")
            self._rest = self._rest[WINDOW_SAMPLES * 2 :]
            loud = 0.95 if np.abs(samples.astype(int)).max() > LOUD // 2 else 0.02
            windows.append(SpeechWindow(self._position, loud))
            self._position += WINDOW_SAMPLES
        return windows

    def reset(self, *, at: int | None = None) -> None:
        self._rest = b""
        if at is not None:
            self._position = at
