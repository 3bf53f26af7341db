"""Word error: how many words of a transcript would have to be mended, and how sure that figure is."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from voice_edge.hearing.plausibility import words

_Item = TypeVar("_Item")

BOOTSTRAPS = 2000
INTERVAL = (0.025, 0.975)
SEED = 2
# Numbers may be written either way; both are right.
NUMBERS = {
    "en": dict(enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())),
    "sv": dict(enumerate("noll ett två tre fyra fem sex sju åtta nio tio elva tolv".split())),
}


@dataclass(frozen=True, slots=True)
class Errors:
    """Words that are wrong, missing or too many, of how many that were said."""

    wrong: int
    said: int


def errors(said: str, heard: str, *, language: str) -> Errors:
    """Compare a transcript with what was said, without case and punctuation (Levenshtein over words)."""
    numbers = {str(digit): word for digit, word in NUMBERS[language].items()}
    a, b = ([numbers.get(word, word) for word in words(text)] for text in (said, heard))
    row = list(range(len(b) + 1))
    for i, word in enumerate(a, start=1):
        before, row[0] = row[0], i
        for j, other in enumerate(b, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return Errors(row[-1], len(a))


def rate(clips: Sequence[Errors]) -> float:
    """Return the word error of all clips together; 1 where nothing was said."""
    total = sum(clip.said for clip in clips)
    return sum(clip.wrong for clip in clips) / total if total else 1.0


def interval(clips: Sequence[Errors]) -> tuple[float, float]:
    """Return the 95 % interval of the word error, clips drawn anew."""
    return _percentiles([rate(sample) for sample in _samples(clips)])


def difference_interval(ours: Sequence[Errors], theirs: Sequence[Errors]) -> tuple[float, float]:
    """Return the 95 % interval of our word error minus theirs on the same clips, drawn in pairs."""
    pairs = list(zip(ours, theirs, strict=True))
    draws = []
    for sample in _samples(pairs):
        total = sum(mine.said for mine, _ in sample)
        draws.append(sum(mine.wrong - other.wrong for mine, other in sample) / total if total else 0.0)
    return _percentiles(draws)


def _samples(items: Sequence[_Item]) -> list[list[_Item]]:
    chance = random.Random(SEED)  # noqa: S311 - draws of a bootstrap, the same in every run
    return [chance.choices(items, k=len(items)) for _ in range(BOOTSTRAPS)]


def _percentiles(draws: list[float]) -> tuple[float, float]:
    draws.sort()
    low, high = (draws[min(len(draws) - 1, round(share * (len(draws) - 1)))] for share in INTERVAL)
    return low, high
