"""Recorded speech to talk with: Debian's Asterisk prompts of one human voice, or the journey's packaged lines."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from pilot.cafes import Language
from proving.journey.lines import LINES, Line
from proving.journey.speech import speech
from proving.load.voiced import SAMPLE_RATE, longest_pause_seconds, voiced_span

PROMPTS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
PROMPT_TEXTS = Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
PACKAGES = "asterisk-core-sounds-en-g722 asterisk-core-sounds-en"
# Shorter ones are single words and tones, longer ones already hold pauses that nobody chose.
SHORTEST_PART_SECONDS, LONGEST_PART_SECONDS = 1.2, 4.0
FEWEST_WORDS = 3
# The pauses inside an utterance are to be the ones that its plan put there.
LONGEST_OWN_PAUSE_SECONDS = 0.5
# Kept on either side of a part: the breath before a plosive, the fading of a vowel.
MARGIN_SAMPLES = SAMPLE_RATE // 50


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of recorded speech without silence around it.

    Attributes:
        name: Where it comes from.
        text: What is said.
        samples: Mono PCM16 at 16 kHz.
        last_voiced: Index of the last sample in which there is voice.
    """

    name: str
    text: str
    samples: NDArray[np.int16]
    last_voiced: int

    @property
    def seconds(self) -> float:
        """Return its length."""
        return len(self.samples) / SAMPLE_RATE


def human_parts(
    *,
    shortest: float = SHORTEST_PART_SECONDS,
    longest: float = LONGEST_PART_SECONDS,
    longest_pause: float = LONGEST_OWN_PAUSE_SECONDS,
) -> list[Part]:
    """Return the prompts that are sentences, in the order of their names; none where the packages are missing.

    Args:
        shortest: Seconds of a part at least.
        longest: Seconds of a part at most.
        longest_pause: Seconds of silence inside a part at most.
    """
    if not PROMPT_TEXTS.is_file():
        return []
    texts = dict(_transcripts(gzip.decompress(PROMPT_TEXTS.read_bytes()).decode()))
    parts = []
    for name in sorted(texts):
        path = PROMPTS / f"{name}.g722"
        if len(texts[name].split()) < FEWEST_WORDS or not path.is_file():
            continue
        part = trimmed(name, text=texts[name], samples=decoded(path))
        if shortest <= part.seconds <= longest and longest_pause_seconds(part.samples) <= longest_pause:
            parts.append(part)
    return parts


def packaged_parts(language: Language) -> list[Part]:
    """Return the journey's own lines, synthetic speech that is always there."""
    lines = [Line(language=language, number=number) for number in range(len(LINES[language]))]
    return [trimmed(each.clip, text=each.text, samples=speech(each).samples) for each in lines]


def trimmed(name: str, *, text: str, samples: NDArray[np.int16]) -> Part:
    """Return a recording without the silence before and after its voice."""
    first, last = voiced_span(samples)
    begin = max(0, first - MARGIN_SAMPLES)
    return Part(name=name, text=text, samples=samples[begin : last + 1 + MARGIN_SAMPLES], last_voiced=last - begin)


def decoded(path: Path) -> NDArray[np.int16]:
    """Return a sound file as mono PCM16 at 16 kHz."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    with av.open(str(path), "r") as container:
        frames = [made for frame in container.decode(audio=0) for made in resampler.resample(frame)]
        frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]).astype(np.int16)


def _transcripts(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, _, said = line.partition(":")
        if said and not re.search(r"[\[\]<(]|\.\.\.", said):
            yield name.strip(), said.strip()
