"""Makes a folder of clips for load tests: WAV files of 4 to 12 s, with transcripts in .txt files.

    apt-get install asterisk-core-sounds-en-g722 asterisk-core-sounds-en
    python -m benchmarks.voice.voice_clips FOLDER --count 60

With `--whole` each clip is one prompt as it was spoken, a single sentence without a silence above 0.25 s inside.

One human voice (Debian's Asterisk prompts with their transcripts), whole prompts joined with pauses of 0.2 to 0.5 s, up
to 0.3 of them a second. Without the packages: the journey's synthetic lines.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from pathlib import Path

import numpy as np

from proving.journey.speech import Speech
from proving.load.sources import human_parts
from proving.load.utterances import (
    LONGEST_SECONDS,
    Utterance,
    default_utterances,
    is_human,
    write_folder,
)
from proving.load.voiced import SAMPLE_RATE

# A sentence's end with a silence after it is a turn's end to a system that goes by how speech sounds.
WHOLE_PAUSE_SECONDS = 0.25
SHORTEST_WHOLE_SECONDS = 3.0  # Few single sentences are longer.


def whole_prompts(*, count: int, seed: int) -> list[Utterance]:
    """Return prompts that are long enough by themselves."""
    long = human_parts(shortest=SHORTEST_WHOLE_SECONDS, longest=LONGEST_SECONDS, longest_pause=WHOLE_PAUSE_SECONDS)
    parts = [part for part in long if not re.search(r"[.!?]\s", part.text)]
    random.Random(seed).shuffle(parts)
    return [
        Utterance(part.name, part.text, Speech(samples=part.samples, last_voiced=part.last_voiced))
        for part in parts[:count]
    ]


def make(folder: Path, *, count: int, seed: int = 1, language: str = "en", whole: bool = False) -> dict:
    """Make the clips; return what they are."""
    if whole:
        utterances = whole_prompts(count=count, seed=seed)
    else:
        utterances = default_utterances(language, count=count, seed=seed)
    if not utterances:
        sys.exit("Whole clips are made of the Debian packages above: install them.")
    write_folder(utterances, folder)
    seconds = [len(each.speech.samples) / SAMPLE_RATE for each in utterances]
    return {
        "clips": len(utterances),
        "voice": "human" if is_human(language) else "synthetic",
        "seconds": {
            name: round(float(value), 2)
            for name, value in zip(("shortest", "p50", "longest"), np.percentile(seconds, [0, 50, 100]), strict=True)
        },
        "pauses_a_second": round(sum(each.pauses for each in utterances) / sum(seconds), 3),
        "words": sum(len(each.text.split()) for each in utterances),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--language", choices=("en", "sv"), default="en")
    parser.add_argument("--whole", action="store_true")
    given = parser.parse_args()
    made = make(given.folder, count=given.count, seed=given.seed, language=given.language, whole=given.whole)
    print(json.dumps(made, indent=2))


if __name__ == "__main__":
    main()
