"""Measures the recogniser against `WhisperModel.transcribe` on the same clips in the same run.

    python -m benchmarks.voice.recogniser --make-clips DIR       # from Debian's Asterisk prompts
    python -m benchmarks.voice.recogniser --clips DIR --json     # name.wav beside name.txt; sv- is Swedish

Ours runs as the edge runs it: one core a recognition. `transcribe` runs with beam 1 and without temperature fallback,
which is its fastest setting, on `--threads` cores. Printed by length of clip: seconds a clip, their ratio (of CPU
seconds too, which a busy machine changes less), word error with a paired bootstrap of the difference, runaways; then
what the CPU does, several recognitions at once, and what each threshold of confidence would ask again. Fewer than 30
clips of a length decide nothing.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.audio import pad_or_trim

from benchmarks.voice.recogniser_clips import make_clips
from benchmarks.voice.recogniser_verdicts import Measured, percentile, summary, threshold
from voice_edge.hearing.clips import Clip, read_clips
from voice_edge.hearing.plausibility import is_runaway
from voice_edge.hearing.voice_activity import VoiceActivity
from voice_edge.hearing.weights import packaged_weights
from voice_edge.hearing.whisper import COMPUTE_TYPE, Whisper
from voice_edge.hearing.word_error import word_errors

CLASSES = (("up to 8 s", 0.0, 8.0, 0.38), ("8 to 20 s", 8.0, 20.0, 0.7), ("above 20 s", 20.0, math.inf, None))
THRESHOLDS = (0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9)
PARTS_CLIPS, FRAME_BYTES = 12, 1280  # frames of 40 ms


def run(*, clips: Path, repeat: int = 1, threads: int = 2, weights: Path | None = None) -> dict[str, Any]:
    """Measure a folder of clips; return everything that is printed."""
    with tempfile.TemporaryDirectory() as folder:
        model = weights or packaged_weights(Path(folder))
        found = list(read_clips(clips))
        rows = measure(found, weights=model, threads=threads, repeat=repeat)
        return {
            "clips": len(found),
            "seconds_of_audio": round(sum(clip.seconds for clip in found), 1),
            "repeat": repeat,
            "transcribe_threads": threads,
            "load_average": round(os.getloadavg()[0], 2),
            "lengths": [
                summary(name, [row for row in rows if low < row.clip.seconds <= high], goal=goal)
                for name, low, high, goal in CLASSES
            ],
            "cpu_seconds": parts(found, weights=model),
            "at_once": [at_once(found, weights=model, workers=workers) for workers in sorted({1, threads})],
            "thresholds": [threshold(rows, least) for least in THRESHOLDS],
        }


def measure(clips: list[Clip], *, weights: Path, threads: int, repeat: int) -> list[Measured]:
    ours = Whisper(weights)
    theirs = WhisperModel(
        str(weights), device="cpu", compute_type=COMPUTE_TYPE, cpu_threads=threads, local_files_only=True
    )

    def library(clip: Clip, language: str) -> str:
        segments, _ = theirs.transcribe(
            clip.audio, language=language, beam_size=1, temperature=0.0, condition_on_previous_text=False
        )
        return " ".join(segment.text for segment in segments)  # lazy: this is the work

    for clip in clips[:2]:
        ours.decode(clip.audio, language="en")
        library(clip, "en")
    rows = []
    for number, clip in enumerate(clips):
        language = "sv" if clip.name.startswith("sv-") else "en"
        took: dict[str, list[tuple[float, float]]] = {"ours": [], "theirs": []}
        for round_ in range(repeat):
            # Alternate who goes first, so that neither always finds the caches warm.
            for who in ("ours", "theirs") if (number + round_) % 2 else ("theirs", "ours"):
                started, cpu = time.perf_counter(), time.process_time()
                if who == "ours":
                    decoded = ours.decode(clip.audio, language=language)
                else:
                    text = library(clip, language)
                took[who].append((time.perf_counter() - started, time.process_time() - cpu))
        wall = {who: statistics.median(one for one, _ in times) for who, times in took.items()}
        cpu_s = {who: statistics.median(one for _, one in times) for who, times in took.items()}
        rows.append(
            Measured(
                clip,
                language,
                wall["ours"],
                wall["theirs"],
                cpu_s["ours"],
                cpu_s["theirs"],
                word_errors(clip.text, decoded.text, language=language),
                word_errors(clip.text, text, language=language),
                decoded.confidence,
                decoded.retried,
                decoded.runaway or is_runaway(decoded.text, tokens=0, seconds=clip.seconds),
            )
        )
    return rows


def parts(clips: list[Clip], *, weights: Path) -> dict[str, Any]:
    """Return where the CPU seconds of some clips go, and what listening costs a second of audio."""
    whisper = Whisper(weights)
    chosen = clips[:: max(1, len(clips) // PARTS_CLIPS)]
    spent = dict.fromkeys(("features", "encoder", "decoder", "voice activity"), 0.0)

    def timed(part: str, work: Callable[[], Any]) -> Any:
        started = time.process_time()
        result = work()
        spent[part] += time.process_time() - started
        return result

    for clip in chosen:
        features = timed("features", lambda clip=clip: whisper._model.feature_extractor(clip.audio))
        padded = np.ascontiguousarray(pad_or_trim(features, whisper._short(clip.seconds)))[np.newaxis]
        view = ctranslate2.StorageView.from_array(padded)
        timed("encoder", lambda view=view: whisper._model.model.encode(view, to_cpu=False))
        started = time.process_time()
        whisper.decode(clip.audio, language="sv" if clip.name.startswith("sv-") else "en")
        spent["decoder"] += time.process_time() - started
        timed("voice activity", lambda clip=clip: listen(clip))
    spent["decoder"] -= spent["features"] + spent["encoder"]  # the whole recognition holds both once more
    seconds = sum(clip.seconds for clip in chosen)
    return {
        "a_second_of_audio": {part: round(cpu / seconds, 5) for part, cpu in spent.items()},
        "a_clip": {part: round(cpu / len(chosen), 4) for part, cpu in spent.items()},
        "mean_clip_seconds": round(seconds / len(chosen), 2),
    }


def listen(clip: Clip) -> None:
    """Look for voice in a clip, frame by frame, as the edge does."""
    activity = VoiceActivity()
    pcm = (np.clip(clip.audio, -1, 1) * 32767).astype("<i2").tobytes()
    for at in range(0, len(pcm), FRAME_BYTES):
        activity.feed(pcm[at : at + FRAME_BYTES])


def at_once(clips: list[Clip], *, weights: Path, workers: int) -> dict[str, Any]:
    """Recognise all clips with so many at once, each on one core, out of one model."""
    whisper = Whisper(weights, workers=workers)
    whisper.decode(clips[0].audio, language="en")
    waiting, taken, took = iter(clips), threading.Lock(), []

    def work() -> None:
        while True:
            with taken:
                clip = next(waiting, None)
            if clip is None:
                return
            started = time.perf_counter()
            whisper.decode(clip.audio, language="sv" if clip.name.startswith("sv-") else "en")
            took.append(time.perf_counter() - started)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    started, cpu = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - started
    return {
        "workers": workers,
        "clips_a_second": round(len(clips) / wall, 2),
        "cpu_s_a_clip": round((time.process_time() - cpu) / len(clips), 3),
        "p50_s": round(percentile(took, 0.5), 3),
        "p95_s": round(percentile(took, 0.95), 3),
    }


def table(title: str, rows: list[dict[str, Any]]) -> None:
    columns = max(rows, key=len).keys()
    print(f"\n{title}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for row in rows:
        print(f"| {' | '.join(str(row.get(column, '')) for column in columns)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=Path, help="folder of .wav files with .txt beside them")
    parser.add_argument("--make-clips", type=Path, metavar="DIR", help="write clips there and stop")
    parser.add_argument("--brief", type=int, default=60, help="with --make-clips: clips of 2 to 8 s")
    parser.add_argument("--long", type=int, default=60, help="with --make-clips: clips of 8 to 20 s")
    parser.add_argument("--repeat", type=int, default=1, help="times each clip is measured; the median counts")
    parser.add_argument(
        "--threads", type=int, default=2, help="cores of `transcribe`, and recognitions of ours at once"
    )
    parser.add_argument("--weights", type=Path, help="other weights than the packaged ones")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.make_clips:
        print(f"{make_clips(given.make_clips, brief=given.brief, long=given.long)} clips in {given.make_clips}")
        return
    if given.clips is None:
        parser.error("--clips or --make-clips is needed")
    result = run(clips=given.clips, repeat=given.repeat, threads=given.threads, weights=given.weights)
    if given.json:
        print(json.dumps(result, indent=1))
        return
    print(f"{result['clips']} clips, {result['seconds_of_audio']} s, load average {result['load_average']}")
    table("By length of the clip", result["lengths"])
    table("CPU seconds a second of audio", [result["cpu_seconds"]["a_second_of_audio"]])
    table("Several at once", result["at_once"])
    table("Thresholds of confidence", result["thresholds"])


if __name__ == "__main__":
    main()
