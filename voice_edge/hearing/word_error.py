"""Word error rate of transcripts, with confidence intervals by bootstrap over recordings.

`jiwer` counts the errors and `scipy` draws the samples. Both are imported when first called: the edge imports this
module by way of `qualification` and serves without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voice_edge.hearing.plausibility import words

RESAMPLES = 2000
CONFIDENCE_LEVEL = 0.95
SEED = 2
# A transcript may spell a small number as digits or as a word; both are right.
NUMBER_WORDS = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve".split(),
    "sv": "noll ett två tre fyra fem sex sju åtta nio tio elva tolv".split(),
}


@dataclass(frozen=True, slots=True)
class WordErrors:
    """Word errors of one recording.

    Attributes:
        errors: Words substituted, deleted and inserted.
        words: Words of the reference.
    """

    errors: int
    words: int


def normalized(text: str, *, language: str) -> str:
    """Return the words of `text` without case, punctuation and apostrophes, small numbers spelt out."""
    spelt = {str(number): word for number, word in enumerate(NUMBER_WORDS[language])}
    return " ".join(spelt.get(word, word.replace("'", "")) for word in words(text))


def word_errors(reference: str, hypothesis: str, *, language: str) -> WordErrors:
    """Compare a transcript with the words that were said, after normalizing both."""
    import jiwer

    compared = jiwer.process_words(normalized(reference, language=language), normalized(hypothesis, language=language))
    errors = compared.substitutions + compared.deletions + compared.insertions
    return WordErrors(errors, compared.hits + compared.substitutions + compared.deletions)


def word_error_rate(recordings: Sequence[WordErrors]) -> float:
    """Return errors per word over all recordings; 1 if nothing was said."""
    words_said = sum(each.words for each in recordings)
    return sum(each.errors for each in recordings) / words_said if words_said else 1.0


def rate_interval(recordings: Sequence[WordErrors]) -> tuple[float, float]:
    """Return the 95 % interval of the word error rate."""
    return _interval([each.errors for each in recordings], [each.words for each in recordings])


def difference_interval(ours: Sequence[WordErrors], theirs: Sequence[WordErrors]) -> tuple[float, float]:
    """Return the 95 % interval of our word error rate minus theirs on the same recordings, in pairs."""
    pairs = list(zip(ours, theirs, strict=True))
    return _interval([mine.errors - other.errors for mine, other in pairs], [mine.words for mine, _ in pairs])


def _interval(errors: list[int], words_said: list[int]) -> tuple[float, float]:
    """Return the percentile bootstrap of sum(errors) / sum(words_said), recordings drawn with replacement."""
    if len(errors) < 2:
        share = sum(errors) / max(sum(words_said), 1)
        return share, share
    from scipy.stats import bootstrap

    def share_of(
        errors: npt.NDArray[np.int64], words: npt.NDArray[np.int64], axis: int = -1
    ) -> npt.NDArray[np.float64]:
        return np.asarray(errors.sum(axis=axis) / np.maximum(words.sum(axis=axis), 1))

    drawn = bootstrap(
        (errors, words_said),
        share_of,
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE_LEVEL,
        method="percentile",
        rng=SEED,
    ).confidence_interval
    return float(drawn.low), float(drawn.high)
