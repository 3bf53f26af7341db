"""Utterances for load tests: 4 to 12 s of one voice with pauses, by seed, with known ends."""

from __future__ import annotations

import random
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pilot.cafes import Language
from proving.journey.speech import Speech
from proving.load.errors import LoadRefused
from proving.load.sources import PACKAGES, Part, decode_file, human_parts, packaged_parts
from proving.load.voiced import SAMPLE_RATE, voiced_span

SHORTEST_SECONDS, LONGEST_SECONDS = 4.0, 12.0
PAUSES_A_SECOND = 0.3
# Between clauses: long enough to mislead a hasty detector, too short to end a turn.
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 0.5
# Even without a pause, a short closure precedes a sentence's first sound.
JOIN_SECONDS = 0.04
TRIES = 400


@dataclass(frozen=True, slots=True)
class Utterance:
    """One utterance.

    Attributes:
        name: Its recordings, or its file.
        text: The words.
        speech: The samples and the index of the last voiced one.
        pauses: The number of inserted pauses, without those of the recordings.
    """

    name: str
    text: str
    speech: Speech
    pauses: int = 0


def default_utterances(language: Language, *, count: int, seed: int = 1) -> list[Utterance]:
    """Return utterances of the human voice if installed for the language, else of packaged lines."""
    parts = human_parts() if language == "en" else []
    return compose(parts or packaged_parts(language), count=count, seed=seed)


def is_human(language: Language) -> bool:
    """Return whether `default_utterances` has a human voice for the language."""
    return language == "en" and bool(human_parts())


def compose(parts: Sequence[Part], *, count: int, seed: int) -> list[Utterance]:
    """Return `count` utterances of parts in seeded order, reproducible for equal parts and seed.

    Raises:
        LoadRefused: the parts cannot be joined to the length of an utterance.
    """
    chance = random.Random(seed)  # noqa: S311 - a plan that can be repeated, no secret
    made = [made for made in _drawn(parts, chance, tries=count + TRIES) if made is not None][:count]
    if len(made) < count:
        raise LoadRefused(
            "There is too little recorded speech to make utterances of 4 to 12 s.",
            remedy=f"`apt-get install {PACKAGES}`, or give a folder with --clips.",
        )
    return made


def _drawn(parts: Sequence[Part], chance: random.Random, *, tries: int) -> Iterator[Utterance | None]:
    order: list[Part] = []
    for _ in range(tries if parts else 0):
        wanted = chance.uniform(SHORTEST_SECONDS, LONGEST_SECONDS)
        chosen: list[Part] = []
        while sum(part.seconds for part in chosen) < wanted:
            if not order:
                order = chance.sample(list(parts), k=len(parts))
            chosen.append(order.pop())
        yield _joined(chosen, chance)


def _joined(parts: Sequence[Part], chance: random.Random) -> Utterance | None:
    """Join parts with pauses between them, 0.3 per second of speech."""
    spoken = sum(part.seconds for part in parts)
    joins = len(parts) - 1
    pauses = min(joins, round(spoken * PAUSES_A_SECOND))
    paused = set(chance.sample(range(joins), k=pauses))
    pieces: list[np.ndarray] = []
    for place, part in enumerate(parts):
        pieces.append(part.samples)
        if place < joins:
            long = chance.uniform(SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS) if place in paused else JOIN_SECONDS
            pieces.append(np.zeros(int(long * SAMPLE_RATE), dtype=np.int16))
    samples = np.concatenate(pieces)
    if not SHORTEST_SECONDS <= len(samples) / SAMPLE_RATE <= LONGEST_SECONDS:
        return None
    last = len(samples) - len(parts[-1].samples) + parts[-1].last_voiced
    return Utterance(
        name="+".join(part.name for part in parts),
        text=" ".join(part.text for part in parts),
        speech=Speech(samples=samples, last_voiced=last),
        pauses=pauses,
    )


def read_folder(folder: Path) -> list[Utterance]:
    """Return the WAV files of a folder, each with its words in a .txt of the same name; sorted by name.

    Raises:
        LoadRefused: there are none, or one has no words beside it.
    """
    made = []
    for path in sorted(folder.glob("*.wav")):
        words = path.with_suffix(".txt")
        if not words.is_file():
            raise LoadRefused(f"{path.name} has no {words.name} beside it.", remedy="Write down what it says.")
        samples = decode_file(path)
        text = words.read_text(encoding="utf-8").strip()
        speech = Speech(samples=samples, last_voiced=voiced_span(samples)[1])
        made.append(Utterance(name=path.stem, text=text, speech=speech))
    if not made:
        raise LoadRefused(
            f"There is no WAV file in {folder}.", remedy="`python -m benchmarks.voice.voice_clips FOLDER` makes some."
        )
    return made


def write_folder(utterances: Sequence[Utterance], folder: Path) -> None:
    """Write utterances as `001.wav` and `001.txt`, as `read_folder` reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, utterance in enumerate(utterances, start=1):
        with wave.open(str(folder / f"{number:03d}.wav"), "wb") as file:
            file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
            file.writeframes(utterance.speech.samples.astype("<i2").tobytes())
        (folder / f"{number:03d}.txt").write_text(utterance.text + "\n", encoding="utf-8")
