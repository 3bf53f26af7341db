"""Sources of speech: Debian's Asterisk prompts of one human voice, or the journey's packaged lines."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pilot.cafes import Language
from proving.journey.lines import LINES, Line
from proving.journey.speech import speech
from proving.load.voiced import SAMPLE_RATE, longest_pause_seconds, voiced_span

PROMPTS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
PROMPT_TEXTS = Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
PACKAGES = "asterisk-core-sounds-en-g722 asterisk-core-sounds-en"
# Shorter recordings are single words and tones; longer ones contain pauses.
SHORTEST_PART_SECONDS, LONGEST_PART_SECONDS = 1.2, 4.0
FEWEST_WORDS = 3
# Only `compose` may insert pauses into an utterance.
LONGEST_OWN_PAUSE_SECONDS = 0.5
# Margin on either side of a part: the breath before a plosive, the fading of a vowel.
MARGIN_SAMPLES = SAMPLE_RATE // 50
FULL_SCALE = 32768  # of a PCM16 sample


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of recorded speech without silence around it.

    Attributes:
        name: The recording's name.
        text: The words.
        samples: Mono PCM16 at 16 kHz.
        last_voiced: Index of the last voiced sample.
    """

    name: str
    text: str
    samples: NDArray[np.int16]
    last_voiced: int

    @property
    def seconds(self) -> float:
        """Return the length in seconds."""
        return len(self.samples) / SAMPLE_RATE


def human_parts(
    *,
    shortest: float = SHORTEST_PART_SECONDS,
    longest: float = LONGEST_PART_SECONDS,
    longest_pause: float = LONGEST_OWN_PAUSE_SECONDS,
) -> list[Part]:
    """Return the prompts that are sentences, sorted by name; none if the packages are missing.

    Args:
        shortest: Minimum seconds of a part.
        longest: Maximum seconds of a part.
        longest_pause: Maximum seconds of silence inside a part.
    """
    if not PROMPT_TEXTS.is_file():
        return []
    texts = dict(_transcripts(gzip.decompress(PROMPT_TEXTS.read_bytes()).decode()))
    parts = []
    for name in sorted(texts):
        path = PROMPTS / f"{name}.g722"
        if len(texts[name].split()) < FEWEST_WORDS or not path.is_file():
            continue
        part = trim(name, text=texts[name], samples=decode_file(path))
        if shortest <= part.seconds <= longest and longest_pause_seconds(part.samples) <= longest_pause:
            parts.append(part)
    return parts


def packaged_parts(language: Language) -> list[Part]:
    """Return the journey's own lines, synthetic speech that is always available."""
    lines = [Line(language=language, number=number) for number in range(len(LINES[language]))]
    return [trim(each.clip, text=each.text, samples=speech(each).samples) for each in lines]


def trim(name: str, *, text: str, samples: NDArray[np.int16]) -> Part:
    """Return a recording without the silence before and after its voice."""
    first, last = voiced_span(samples)
    begin = max(0, first - MARGIN_SAMPLES)
    return Part(name=name, text=text, samples=samples[begin : last + 1 + MARGIN_SAMPLES], last_voiced=last - begin)


def decode_file(path: Path) -> NDArray[np.int16]:
    """Return a sound file as mono PCM16 at 16 kHz."""
    from faster_whisper.audio import decode_audio

    samples = np.asarray(decode_audio(str(path), sampling_rate=SAMPLE_RATE), dtype=np.float32)
    return np.rint(samples * FULL_SCALE).astype(np.int16)


def _transcripts(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, _, said = line.partition(":")
        if said and not re.search(r"[\[\]<(]|\.\.\.", said):
            yield name.strip(), said.strip()
