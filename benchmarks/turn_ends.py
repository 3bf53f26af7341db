"""Where the edge's ear places the end of a guest's words, without recogniser, network or load: the same on any machine.

    python -m benchmarks.voice_clips clips
    python -m benchmarks.turn_ends --clips clips --json

Plays each clip through voice activity and turn-taking as frames of 40 ms. *Cut early*: a turn was committed more than
400 ms before the last voiced sample (its place is known from the recording). Else the error of the end that was heard:
negative is too early, and what the page's response times are too long by.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from operations.load.utterances import Utterance, read_folder
from operations.load.voiced import SAMPLE_RATE
from voice_edge.hearing.turn_taking import Commit, TurnTaking
from voice_edge.hearing.voice_activity import VoiceActivity

LEAD_SECONDS, TAIL_SECONDS = 0.5, 2.0
FRAME_SAMPLES = 640
EARLY_MS = 400.0
ROOM_AMPLITUDE = 4


def end_error_ms(utterance: Utterance) -> float | None:
    """Return the end of the first committed turn minus the true one; None where none was committed."""
    lead = int(LEAD_SECONDS * SAMPLE_RATE)
    samples = np.concatenate([np.zeros(lead), utterance.speech.samples, np.zeros(int(TAIL_SECONDS * SAMPLE_RATE))])
    room = np.random.default_rng(1).integers(-ROOM_AMPLITUDE, ROOM_AMPLITUDE + 1, len(samples))
    pcm = (samples + room).astype("<i2")
    ear, turns = VoiceActivity(), TurnTaking()
    ear.reset(at=0)
    turns.rearm(0)
    for start in range(0, len(pcm), FRAME_SAMPLES):
        for window in ear.feed(pcm[start : start + FRAME_SAMPLES].tobytes()):
            for event in turns.hear(window):
                if isinstance(event, Commit):
                    return (event.speech_end - lead - utterance.speech.last_voiced) * 1000 / SAMPLE_RATE
    return None


def run(*, clips: Path) -> dict[str, Any]:
    """Play all clips; return what became of them."""
    found = {utterance.name: end_error_ms(utterance) for utterance in read_folder(clips)}
    heard = {name: error for name, error in found.items() if error is not None}
    ends = [error for error in heard.values() if error >= -EARLY_MS]
    spread = np.percentile(ends, [5, 50, 95]) if ends else []
    return {
        "clips": len(found),
        "never_committed": len(found) - len(heard),
        "cut_early": sorted(name for name, error in heard.items() if error < -EARLY_MS),
        "end_error_ms": {
            name: round(float(value), 1) for name, value in zip(("p5", "p50", "p95"), spread, strict=False)
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = run(clips=given.clips)
    if given.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{len(found['cut_early'])} of {found['clips']} cut early, {found['never_committed']} never committed")
    print(f"error of the end, ms: {found['end_error_ms']}")


if __name__ == "__main__":
    main()
