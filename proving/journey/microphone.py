"""A simulated microphone in real time: room noise, and a line when the customer speaks."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Awaitable, Callable

import numpy as np
from numpy.typing import NDArray

from proving.journey.frames import FRAME_MS, SAMPLES_A_FRAME, frame
from proving.journey.speech import SAMPLE_RATE, Speech

# A room is never digitally silent: faint, repeatable noise far below any voice.
ROOM_AMPLITUDE = 4

Send = Callable[[bytes], Awaitable[None]]


class Microphone:
    """Sends a frame every 40 ms, at the moment of its last sample."""

    def __init__(self, send: Send, *, now_ms: Callable[[], float]) -> None:
        """Make a microphone.

        Args:
            send: Sends one binary message.
            now_ms: The client's clock in milliseconds, the one of the message `shown`.
        """
        self.late_ms = array("f")  # The delay of each sent frame, whatever the reason.
        self._send = send
        self._now_ms = now_ms
        self._room = np.random.default_rng(1).integers(
            -ROOM_AMPLITUDE, ROOM_AMPLITUDE + 1, SAMPLES_A_FRAME, dtype=np.int16
        )
        self._speech: Speech | None = None
        self._spoken = 0
        self._ended: asyncio.Future[float] | None = None

    async def stay_open(self) -> None:
        """Capture until cancelled."""
        opened_ms = self._now_ms()
        number = 0
        while True:
            captured_ms = opened_ms + number * FRAME_MS
            await asyncio.sleep(max(0.0, (captured_ms + FRAME_MS - self._now_ms()) / 1000))
            self.late_ms.append(self._now_ms() - captured_ms - FRAME_MS)
            samples = self._next_samples(captured_ms)
            await self._send(frame(number=number, captured_ms=captured_ms, pcm=samples.astype("<i2").tobytes()))
            number += 1

    async def say(self, speech: Speech) -> float:
        """Speak; return the capture time of the last voiced sample, on the client's clock."""
        self._ended = asyncio.get_running_loop().create_future()
        self._speech, self._spoken = speech, 0
        return await self._ended

    def hush(self) -> None:
        """Stop speaking, since the customer was interrupted."""
        self._speech = None

    def _next_samples(self, captured_ms: float) -> NDArray[np.int16]:
        samples = self._room.copy()
        speech = self._speech
        if speech is None:
            return samples
        part = speech.samples[self._spoken : self._spoken + SAMPLES_A_FRAME]
        samples[: len(part)] += part
        if self._spoken <= speech.last_voiced < self._spoken + SAMPLES_A_FRAME and self._ended is not None:
            self._ended.set_result(captured_ms + (speech.last_voiced - self._spoken + 1) * 1000 / SAMPLE_RATE)
        self._spoken += len(part)
        if self._spoken >= len(speech.samples):
            self._speech = None
        return samples
