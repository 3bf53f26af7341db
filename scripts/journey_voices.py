"""Makes the packaged speech of `pilot journey` with espeak-ng, after a change of its lines."""

from __future__ import annotations

import io
import subprocess
import wave
from pathlib import Path

import numpy as np
import soxr

from proving.journey.lines import LINES, Line
from proving.journey.speech import SAMPLE_RATE, as_speech

FOLDER = Path(__file__).resolve().parent.parent / "proving" / "journey" / "voices"
VOICES = {"en": "en-gb", "sv": "sv"}
WORDS_PER_MINUTE = {"en": "170", "sv": "165"}
TRAILING_SAMPLES = 160
# 11 bits are plenty for a test voice, and the files compress well in an archive.
STEP = 32


def main() -> None:
    """Make every clip and print its size."""
    total = 0
    for language, lines in LINES.items():
        for number in range(len(lines)):
            line = Line(language=language, number=number)
            said = subprocess.run(
                ("espeak-ng", "-v", VOICES[language], "-s", WORDS_PER_MINUTE[language], "--stdout", line.text),
                capture_output=True,
                check=True,
            ).stdout
            path = FOLDER / line.clip
            path.write_bytes(_wav(_resampled(said)))
            total += path.stat().st_size
            print(f"{line.clip}: {path.stat().st_size} bytes")
    print(f"{total} bytes in all")


def _resampled(wav: bytes) -> np.ndarray:
    with wave.open(io.BytesIO(wav)) as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
    samples = soxr.resample(samples.astype(np.float64), rate, SAMPLE_RATE)
    samples = np.clip(np.rint(samples / STEP) * STEP, -32768, 32767 // STEP * STEP)
    speech = as_speech(samples.astype(np.int16))
    return speech.samples[: speech.last_voiced + TRAILING_SAMPLES]


def _wav(samples: np.ndarray) -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return target.getvalue()


if __name__ == "__main__":
    main()
