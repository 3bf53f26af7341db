"""Maps audio samples to their time of arrival (edge's clock) and of capture (page's clock)."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voice_edge.protocol.frames import SAMPLE_RATE

KEPT_SECONDS = 60  # The longest turn, its pre-roll and the silence after it.
KEPT_SAMPLES = KEPT_SECONDS * SAMPLE_RATE
FULL_SCALE = 32768.0


@dataclass(frozen=True, slots=True)
class _Frame:
    start: int
    arrived: float
    captured_ms: float


class AudioTimeline:
    """The last minute of samples, with the arrival and capture time of each sample's frame.

    A position is the number of samples added before it.
    """

    def __init__(self) -> None:
        self._samples = bytearray()
        self._first = 0
        self._frames: list[_Frame] = []

    @property
    def end(self) -> int:
        """Return the position after the last sample."""
        return self._first + len(self._samples) // 2

    def add(self, pcm: bytes, *, arrived: float, captured_ms: float) -> None:
        """Add a frame's samples."""
        self._frames.append(_Frame(self.end, arrived, captured_ms))
        self._samples += pcm
        surplus = self.end - self._first - KEPT_SAMPLES
        if surplus > KEPT_SAMPLES // 4:  # In steps: deleting moves the whole buffer.
            del self._samples[: surplus * 2]
            self._first += surplus
            self._frames = self._frames[max(0, self._index(self._first)) :]

    def audio(self, start: int, end: int) -> npt.NDArray[np.float32]:
        """Return the samples from `start` to `end` that are still buffered, each from -1 to 1."""
        low = max(start, self._first) - self._first
        high = max(min(end, self.end) - self._first, low)
        return np.frombuffer(bytes(self._samples[low * 2 : high * 2]), dtype="<i2").astype(np.float32) / FULL_SCALE

    def arrived(self, position: int) -> float:
        """Return the arrival of the frame that contains `position`: edge's monotonic clock, seconds."""
        return self._frame(position).arrived

    def captured_ms(self, position: int) -> float:
        """Return the capture time of `position`: page's clock, milliseconds."""
        frame = self._frame(position)
        return frame.captured_ms + (position - frame.start) * 1000 / SAMPLE_RATE

    def _frame(self, position: int) -> _Frame:
        return self._frames[max(0, self._index(position))]

    def _index(self, position: int) -> int:
        return bisect_right(self._frames, position, key=lambda frame: frame.start) - 1
