"""Measures the recogniser against `WhisperModel.transcribe` on the same clips in the same run.

    apt-get install espeak-ng asterisk-core-sounds-en-g722 asterisk-core-sounds-en
    python -m benchmarks.recogniser --clips 40 --json figures.json

Three groups: human English (Debian's Asterisk prompts with their transcripts), synthetic English and synthetic Swedish
(espeak-ng reads the sentences below). Prints seconds a clip, their ratio (of CPU seconds too, which a busy machine
changes less), word error with a paired bootstrap of the difference, and for each confidence threshold how many clips it
would ask again. `transcribe` runs with beam 1 and without temperature fallback, which is its fastest setting.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.audio import decode_audio

from voice_edge.hearing.plausibility import words
from voice_edge.hearing.weights import packaged_weights
from voice_edge.hearing.whisper import COMPUTE_TYPE, Whisper

PROMPTS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
PROMPT_TEXTS = Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
SHORTEST_SECONDS, LONGEST_SECONDS = 2.0, 20.0
BOOTSTRAPS = 2000
THRESHOLDS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9)
# Asterisk spells numbers as digits and names keys; both writings are right.
NUMBERS = dict(
    zip("0 1 2 3 4 5 6 7 8 9 10".split(), "zero one two three four five six seven eight nine ten".split(), strict=True)
)
SENTENCES = {
    "en": [
        "The coffee was cold and the queue was very long.",
        "I had the prawn sandwich and it was dry.",
        "Could you turn the music down in the back room?",
        "The girl at the counter was very friendly and helped my mother.",
        "There was no soap in the toilet at three o'clock.",
        "The cardamom bun was still warm and not too sweet.",
        "We waited twenty minutes for two cups of coffee.",
        "I would come more often if you opened at seven.",
        "The table by the window was sticky.",
        "It is too expensive compared with the place across the street.",
    ],
    "sv": [
        "Kaffet var kallt och kön var väldigt lång.",
        "Jag åt en räkmacka och den var torr.",
        "Kan ni sänka musiken i det bakre rummet?",
        "Tjejen i kassan var jättetrevlig och hjälpte min mamma.",
        "Det fanns ingen tvål på toaletten klockan tre.",
        "Kardemummabullen var fortfarande varm och lagom söt.",
        "Vi väntade i tjugo minuter på två koppar kaffe.",
        "Jag skulle komma oftare om ni öppnade klockan sju.",
        "Bordet vid fönstret var kladdigt.",
        "Det är för dyrt jämfört med stället mittemot.",
    ],
}
VOICES = {"en": [("en-gb", 150), ("en-us", 165)], "sv": [("sv", 140), ("sv+f3", 160)]}


@dataclass(frozen=True)
class Clip:
    group: str
    language: str
    text: str
    audio: np.ndarray

    @property
    def seconds(self) -> float:
        return len(self.audio) / 16_000


@dataclass(frozen=True)
class Measured:
    group: str
    clip_seconds: float
    ours_s: float
    theirs_s: float
    ours_cpu_s: float
    theirs_cpu_s: float
    ours_errors: int
    theirs_errors: int
    words: int
    confidence: float
    retried: bool


def human(count: int) -> Iterator[Clip]:
    texts = {}
    for line in gzip.decompress(PROMPT_TEXTS.read_bytes()).decode().splitlines():
        name, _, text = line.partition(":")
        if text and not re.search(r"[\[\]<(]|\.\.\.", text):
            texts[name.strip()] = text.strip()
    names = sorted(texts)
    random.Random(1).shuffle(names)
    found = 0
    for name in names:
        path = PROMPTS / f"{name}.g722"
        if found == count or not path.exists():
            continue
        audio = decode_audio(str(path), sampling_rate=16_000)
        if SHORTEST_SECONDS <= len(audio) / 16_000 <= LONGEST_SECONDS:
            found += 1
            yield Clip("human English", "en", texts[name], audio)


def synthetic(language: str, group: str) -> Iterator[Clip]:
    with tempfile.TemporaryDirectory() as folder:
        for voice, speed in VOICES[language]:
            for text in SENTENCES[language]:
                path = Path(folder) / "clip.wav"
                subprocess.run(["espeak-ng", "-v", voice, "-s", str(speed), "-w", str(path), text], check=True)
                yield Clip(group, language, text, decode_audio(str(path), sampling_rate=16_000))


def errors(said: str, heard: str) -> tuple[int, int]:
    """Return the word errors (Levenshtein) and the number of words said."""
    a, b = ([NUMBERS.get(word, word) for word in words(text)] for text in (said, heard))
    row = list(range(len(b) + 1))
    for i, word in enumerate(a, start=1):
        before, row[0] = row[0], i
        for j, other in enumerate(b, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1], len(a)


def measure(clips: list[Clip], *, weights: Path, threads: int) -> list[Measured]:
    ours = Whisper(weights, threads=threads)
    theirs = WhisperModel(
        str(weights), device="cpu", compute_type=COMPUTE_TYPE, cpu_threads=threads, local_files_only=True
    )

    def library(clip: Clip) -> str:
        segments, _ = theirs.transcribe(
            clip.audio,
            language=clip.language,
            beam_size=1,
            temperature=0.0,
            condition_on_previous_text=False,
        )
        return " ".join(segment.text for segment in segments)  # lazy: this is the work

    for clip in clips[:2]:
        ours.decode(clip.audio, language=clip.language)
        library(clip)
    results = []
    for number, clip in enumerate(clips):
        # Alternate who goes first, so that neither always finds the caches warm.
        for who in ("ours", "theirs") if number % 2 else ("theirs", "ours"):
            started, cpu = time.perf_counter(), time.process_time()
            if who == "ours":
                decoded = ours.decode(clip.audio, language=clip.language)
                ours_s, ours_cpu_s = time.perf_counter() - started, time.process_time() - cpu
            else:
                text = library(clip)
                theirs_s, theirs_cpu_s = time.perf_counter() - started, time.process_time() - cpu
        wrong, count = errors(clip.text, decoded.text)
        results.append(
            Measured(
                clip.group,
                clip.seconds,
                ours_s,
                theirs_s,
                ours_cpu_s,
                theirs_cpu_s,
                wrong,
                errors(clip.text, text)[0],
                count,
                decoded.confidence,
                decoded.retried,
            )
        )
    return results


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, math.ceil(share * len(values)) - 1)] if values else math.nan


def difference_interval(rows: list[Measured]) -> tuple[float, float]:
    """Return the 95 % interval of our word error minus theirs, clips resampled in pairs."""
    chance = random.Random(2)
    draws = []
    for _ in range(BOOTSTRAPS):
        sample = chance.choices(rows, k=len(rows))
        draws.append(sum(r.ours_errors - r.theirs_errors for r in sample) / sum(r.words for r in sample))
    return percentile(draws, 0.025), percentile(draws, 0.975)


def report(results: list[Measured]) -> None:
    columns = [
        "clips",
        "n",
        "ours p50 / p95 s",
        "transcribe p50 / p95 s",
        "ratio of p50",
        "ratio of CPU",
        "WER ours (difference, 95 %)",
        "WER transcribe",
        "retried",
    ]
    print(f"| {' | '.join(columns)} |")
    print(f"|{'---|' * len(columns)}")
    groups: dict[str, list[Measured]] = {}
    for row in results:
        groups.setdefault(row.group, []).append(row)
    groups["English up to 8 s"] = [r for r in results if "English" in r.group and r.clip_seconds <= 8]
    groups["English 8 to 20 s"] = [r for r in results if "English" in r.group and r.clip_seconds > 8]
    for name, rows in groups.items():
        if not rows:
            continue
        ours, theirs = [r.ours_s for r in rows], [r.theirs_s for r in rows]
        total = sum(r.words for r in rows)
        low, high = difference_interval(rows)
        cpu = sum(r.ours_cpu_s for r in rows) / sum(r.theirs_cpu_s for r in rows)
        print(
            f"| {name} | {len(rows)} | {percentile(ours, 0.5):.2f} / {percentile(ours, 0.95):.2f} "
            f"| {percentile(theirs, 0.5):.2f} / {percentile(theirs, 0.95):.2f} "
            f"| {percentile(ours, 0.5) / percentile(theirs, 0.5):.2f} "
            f"| {cpu:.2f} | {sum(r.ours_errors for r in rows) / total:.3f} "
            f"({low:+.3f} to {high:+.3f}) | {sum(r.theirs_errors for r in rows) / total:.3f} "
            f"| {sum(r.retried for r in rows)} |"
        )
    print(
        "\n| threshold | human English asked again | of those with word error <= 0.2 | synthetic Swedish let through |"
    )
    print("|---|---|---|---|")
    human_rows, swedish = groups.get("human English", []), groups.get("synthetic Swedish", [])
    well = [r for r in human_rows if r.ours_errors <= 0.2 * r.words]
    wrong = [r for r in swedish if r.ours_errors > 0.2 * r.words]
    for threshold in THRESHOLDS:
        print(
            f"| {threshold:.2f} | {sum(r.confidence < threshold for r in human_rows)} of {len(human_rows)} "
            f"| {sum(r.confidence < threshold for r in well)} of {len(well)} "
            f"| {sum(r.confidence >= threshold for r in wrong)} of {len(wrong)} wrong |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=40, help="human clips")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, help="where to write each clip's figures")
    arguments = parser.parse_args()
    clips = [
        *human(arguments.clips),
        *synthetic("en", "synthetic English"),
        *synthetic("sv", "synthetic Swedish"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        results = measure(clips, weights=packaged_weights(Path(folder)), threads=arguments.threads)
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(row) for row in results], indent=1), encoding="utf-8")
    report(results)


if __name__ == "__main__":
    main()
