"""Error of the edge's end of speech, without recogniser, network or load: equal on any machine.

    python -m benchmarks.voice.voice_clips clips
    python -m benchmarks.voice.turn_ends --clips clips --json
    python -m benchmarks.voice.turn_ends --clips clips --radio-db 22

Plays each clip through voice activity and turn-taking as frames of 40 ms. *Cut early*: a turn was committed more than
400 ms before the last voiced sample (its place is known from the recording). Else the error of the end that was heard:
negative is too early, and what the page's response times are too long by. The wait is from the last voiced sample
to the commit. A radio is the journey's synthetic lines, so many decibels below each clip, during it and for 20 s
after it; *never committed* is then a turn that only the cut or the button would end.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from proving.load.sources import packaged_parts
from proving.load.utterances import Utterance, read_folder
from proving.load.voiced import SAMPLE_RATE
from voice_edge.hearing.turn_taking import Commit, TurnTaking
from voice_edge.hearing.voice_activity import VoiceActivity

LEAD_SECONDS, TAIL_SECONDS, RADIO_TAIL_SECONDS = 0.5, 2.0, 20.0
FRAME_SAMPLES = 640
EARLY_MS = 400.0
ROOM_AMPLITUDE = 4


@dataclass(frozen=True, slots=True)
class Heard:
    """What the ear made of a clip.

    Attributes:
        error_ms: The end of the first committed turn minus the true one.
        wait_ms: From the last voiced sample to the commit.
    """

    error_ms: float
    wait_ms: float


def hear(utterance: Utterance, *, radio_db: float | None = None) -> Heard | None:
    """Return what the ear made of a clip; None where no turn ended by itself."""
    lead = int(LEAD_SECONDS * SAMPLE_RATE)
    tail = int((TAIL_SECONDS if radio_db is None else RADIO_TAIL_SECONDS) * SAMPLE_RATE)
    samples = np.concatenate([np.zeros(lead), utterance.speech.samples, np.zeros(tail)])
    samples += np.random.default_rng(1).integers(-ROOM_AMPLITUDE, ROOM_AMPLITUDE + 1, len(samples))
    if radio_db is not None:
        samples += _radio(len(samples), level=_level(utterance.speech.samples) * 10 ** (-radio_db / 20))
    pcm = np.clip(samples, -32768, 32767).astype("<i2")
    ear, turns = VoiceActivity(), TurnTaking()
    ear.reset(at=0)
    turns.rearm(0)
    for start in range(0, len(pcm), FRAME_SAMPLES):
        for window in ear.feed(pcm[start : start + FRAME_SAMPLES].tobytes()):
            for event in turns.hear(window):
                if isinstance(event, Commit):
                    true = lead + utterance.speech.last_voiced
                    return None if event.capped else Heard(_ms(event.speech_end - true), _ms(event.at - true))
    return None


def _radio(length: int, *, level: float) -> np.ndarray:
    voice = np.concatenate([part.samples for part in packaged_parts("en")]).astype(float)
    return np.resize(voice, length) * (level / _level(voice))


def _level(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples.astype(float)))))


def _ms(samples: int) -> float:
    return samples * 1000 / SAMPLE_RATE


def run(*, clips: Path, radio_db: float | None = None) -> dict[str, Any]:
    """Play all clips; return what became of them."""
    found = {utterance.name: hear(utterance, radio_db=radio_db) for utterance in read_folder(clips)}
    heard = {name: each for name, each in found.items() if each is not None}
    whole = [each for each in heard.values() if each.error_ms >= -EARLY_MS]
    return {
        "clips": len(found),
        "radio_below_db": radio_db,
        "never_committed": len(found) - len(heard),
        "cut_early": sorted(name for name, each in heard.items() if each.error_ms < -EARLY_MS),
        "end_error_ms": _spread([each.error_ms for each in whole]),
        "wait_ms": _spread([each.wait_ms for each in whole]),
    }


def _spread(values: list[float]) -> dict[str, float]:
    found = np.percentile(values, [5, 50, 95]) if values else []
    return {name: round(float(value), 1) for name, value in zip(("p5", "p50", "p95"), found, strict=False)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--radio-db", type=float, help="how far the radio is below each clip")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = run(clips=given.clips, radio_db=given.radio_db)
    if given.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{len(found['cut_early'])} of {found['clips']} cut early, {found['never_committed']} never committed")
    print(f"error of the end, ms: {found['end_error_ms']}; wait until the commit, ms: {found['wait_ms']}")


if __name__ == "__main__":
    main()
