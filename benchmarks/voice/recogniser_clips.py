"""Makes a folder of clips and transcripts of one human voice from Debian's Asterisk prompts.

    apt-get install asterisk-core-sounds-en-g722 asterisk-core-sounds-en
    python -m benchmarks.voice.recogniser --make-clips DIR

Brief clips (2-8 s) are single prompts; long ones (8-20 s) are prompts of the same voice one after the other with the
pauses that a speaker makes. The same seed makes the same clips.
"""

from __future__ import annotations

import gzip
import random
import re
import wave
from pathlib import Path

import numpy as np
from faster_whisper.audio import decode_audio

RATE = 16_000
PROMPTS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
TEXTS = Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
SHORTEST_SECONDS, BRIEF_SECONDS, LONGEST_SECONDS = 2.0, 8.0, 20.0
PAUSE_SECONDS = (0.25, 0.7)
SEED = 1


def make_clips(folder: Path, *, brief: int, long: int) -> int:
    """Write the clips; return how many."""
    if not PROMPTS.is_dir() or not TEXTS.is_file():
        raise SystemExit(
            "The prompts are not installed: apt-get install asterisk-core-sounds-en-g722 asterisk-core-sounds-en"
        )
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(SEED)
    prompts = _prompts()
    chance.shuffle(prompts)
    short = [one for one in prompts if SHORTEST_SECONDS <= len(one[1]) / RATE <= BRIEF_SECONDS]
    for number, (text, audio) in enumerate(short[:brief]):
        _write(folder / f"en-brief-{number:03}", text, audio)
    made = min(brief, len(short))
    for number in range(long):
        text, audio = _joined(chance, prompts, seconds=chance.uniform(BRIEF_SECONDS + 0.5, LONGEST_SECONDS - 1.0))
        _write(folder / f"en-long-{number:03}", text, audio)
    return made + long


def _prompts() -> list[tuple[str, np.ndarray]]:
    found = []
    for line in gzip.decompress(TEXTS.read_bytes()).decode().splitlines():
        name, _, text = line.partition(":")
        path = PROMPTS / f"{name.strip()}.g722"
        if text.strip() and path.exists() and not re.search(r"[\[\]<(]|\.\.\.", text):
            audio = decode_audio(str(path), sampling_rate=RATE)
            if 1.0 <= len(audio) / RATE <= LONGEST_SECONDS:
                found.append((text.strip(), audio))
    return sorted(found, key=lambda one: one[0])


def _joined(chance: random.Random, prompts: list[tuple[str, np.ndarray]], *, seconds: float) -> tuple[str, np.ndarray]:
    texts: list[str] = []
    parts: list[np.ndarray] = []
    total = 0.0
    while total < seconds:
        text, audio = chance.choice(
            [one for one in prompts if len(one[1]) / RATE <= max(1.5, LONGEST_SECONDS - total - 1)]
        )
        if total + len(audio) / RATE > LONGEST_SECONDS:
            break
        pause = np.zeros(int(chance.uniform(*PAUSE_SECONDS) * RATE), dtype=np.float32)
        texts.append(text if text.endswith((".", "!", "?")) else f"{text}.")
        parts += [audio, pause]
        total += (len(audio) + len(pause)) / RATE
    return " ".join(texts), np.concatenate(parts[:-1])


def _write(path: Path, text: str, audio: np.ndarray) -> None:
    with wave.open(str(path.with_suffix(".wav")), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", "NONE"))
        file.writeframes((np.clip(audio, -1, 1) * 32767).astype("<i2").tobytes())
    path.with_suffix(".txt").write_text(text, encoding="utf-8")
