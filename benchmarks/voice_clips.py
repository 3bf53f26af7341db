"""Makes a folder of clips to talk with: WAV files of 4 to 12 s, each with its words in a .txt of the same name.

    apt-get install asterisk-core-sounds-en-g722 asterisk-core-sounds-en
    python -m benchmarks.voice_clips FOLDER --count 60

One human voice (Debian's Asterisk prompts with their transcripts), whole prompts joined with pauses of 0.2 to 0.5 s, 0.3
of them a second where the prompts are short enough. Without the packages: the journey's synthetic lines.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from operations.load.utterances import default_utterances, is_human, write_folder
from operations.load.voiced import SAMPLE_RATE


def make(folder: Path, *, count: int, seed: int = 1, language: str = "en") -> dict:
    """Make the clips; return what they are."""
    utterances = default_utterances(language, count=count, seed=seed)
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
    given = parser.parse_args()
    print(json.dumps(make(given.folder, count=given.count, seed=given.seed, language=given.language), indent=2))


if __name__ == "__main__":
    main()
