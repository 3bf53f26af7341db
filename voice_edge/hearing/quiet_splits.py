"""Splits audio that exceeds the model's window at its quietest places."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voice_edge.hearing.turn_taking import SAMPLE_RATE

LONGEST_PIECE_SECONDS = 28.0  # the model hears 30 s; the rest is padding
SEARCH_SECONDS = 8.0  # a cut may be this far before the maximum length
QUIET_SECONDS = 0.2  # window over which the energy is compared

Float32 = npt.NDArray[np.float32]


def split_audio(audio: Float32) -> list[Float32]:
    """Return all of `audio` (mono, 16 kHz) in pieces of at most 28 s."""
    longest = int(LONGEST_PIECE_SECONDS * SAMPLE_RATE)
    parts: list[Float32] = []
    while len(audio) > longest:
        cut = quietest_place(audio, first=longest - int(SEARCH_SECONDS * SAMPLE_RATE), last=longest)
        parts.append(audio[:cut])
        audio = audio[cut:]
    return [*parts, audio]


def quietest_place(audio: Float32, *, first: int, last: int) -> int:
    """Return the middle of the quietest 200 ms of `audio` between two positions."""
    width = int(QUIET_SECONDS * SAMPLE_RATE)
    energy = np.concatenate([[0.0], np.cumsum(np.square(audio[first:last], dtype=np.float64))])
    return first + int(np.argmin(energy[width:] - energy[:-width])) + width // 2
