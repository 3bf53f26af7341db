"""Reads a folder of recordings and their words: `name.wav` (any sample rate) beside `name.txt`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from faster_whisper.audio import decode_audio

from voice_edge.hearing.errors import HearingError
from voice_edge.hearing.turn_taking import SAMPLE_RATE


class ClipsMissing(HearingError):
    """The folder contains no usable recordings."""


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """One recording, mono, 16 kHz, -1 to 1, and its words."""

    name: str
    text: str
    audio: npt.NDArray[np.float32]

    @property
    def seconds(self) -> float:
        """Return its duration."""
        return len(self.audio) / SAMPLE_RATE


def read_clips(folder: Path) -> Iterator[Clip]:
    """Read a folder's recordings in the order of their names.

    Raises:
        ClipsMissing: the folder has no recordings, or a recording has no text.
    """
    paths = sorted(folder.glob("*.wav"))
    if not paths:
        raise ClipsMissing(f"{folder} holds no .wav files.", remedy="Each needs its words in a .txt beside it.")
    for path in paths:
        words = path.with_suffix(".txt")
        if not words.is_file():
            raise ClipsMissing(f"{path.name} has no {words.name} beside it.", remedy="Write what is said in it there.")
        audio = decode_audio(str(path), sampling_rate=SAMPLE_RATE)
        yield Clip(path.stem, words.read_text(encoding="utf-8").strip(), np.asarray(audio, dtype=np.float32))
