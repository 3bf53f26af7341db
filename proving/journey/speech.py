"""Packaged speech: 16 kHz clips without noise, so that their last voiced sample is known."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from proving.journey.lines import Line

SAMPLE_RATE = 16_000
# The clips are synthetic: outside the voice there are only zeros and a resampler's ripple, far below this.
VOICED_AMPLITUDE = 160


@dataclass(frozen=True, slots=True)
class Speech:
    """One spoken line.

    Attributes:
        samples: Mono PCM16 at 16 kHz.
        last_voiced: Index of the last voiced sample.
    """

    samples: NDArray[np.int16]
    last_voiced: int

    @property
    def seconds(self) -> float:
        """Return the length in seconds."""
        return len(self.samples) / SAMPLE_RATE


@cache
def speech(line: Line) -> Speech:
    """Return the packaged speech of a line."""
    body = resources.files("proving.journey").joinpath("voices", line.clip).read_bytes()
    with wave.open(io.BytesIO(body)) as file:
        frames = file.readframes(file.getnframes())
    return as_speech(np.frombuffer(frames, dtype="<i2").astype(np.int16))


def as_speech(samples: NDArray[np.int16]) -> Speech:
    """Return samples with the index of their last voiced one."""
    voiced = np.flatnonzero(np.abs(samples.astype(np.int32)) > VOICED_AMPLITUDE)
    return Speech(samples=samples, last_voiced=int(voiced[-1]) if voiced.size else 0)
