"""Qualification: an operator's measurement of the weights' word error rate in one language.

A qualification is bound to the checksum of its weights and does not apply to others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from storage.folders import write_atomically
from voice_edge.hearing.errors import HearingError
from voice_edge.hearing.word_error import rate_interval, word_error_rate, word_errors

if TYPE_CHECKING:  # the recogniser's libraries take a second to import
    from voice_edge.hearing.clips import Clip
    from voice_edge.hearing.recogniser import Decoder

MOST_WORD_ERROR = 0.15  # over all recordings
MOST_WORD_ERROR_HIGH = 0.20  # upper end of its 95 % interval
FEWEST_CLIPS = 30
FEWEST_WORDS = 300


class TooFewClips(HearingError):
    """There are too few recordings for a measurement."""


class Qualification(BaseModel):
    """The result of a measurement.

    Attributes:
        language: The language.
        sha256: Checksum of the weights' model.bin.
        weights: Their name.
        clips: Recordings measured.
        words: Words in them.
        word_error: Word error rate.
        low: Lower end of its 95 % interval.
        high: Upper end.
        runaways: Recordings on which the decoder ran away even at full length.
        by: The operator.
        at: Time of the measurement.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: str
    sha256: str
    weights: str
    clips: int
    words: int
    word_error: float
    low: float
    high: float
    runaways: int
    by: str
    at: datetime

    @property
    def passed(self) -> bool:
        """Return whether the word error rate is low enough."""
        return self.word_error <= MOST_WORD_ERROR and self.high <= MOST_WORD_ERROR_HIGH


def measure(
    clips: Iterable[Clip],
    *,
    decoder: Decoder,
    language: str,
    weights: str,
    sha256: str,
    by: str,
    at: datetime,
    after_each: Callable[[int], None] = lambda count: None,
) -> Qualification:
    """Measure the word error rate over recordings.

    Raises:
        TooFewClips: fewer than 30 recordings or 300 words.
    """
    measured, runaways = [], 0
    for clip in clips:
        decoded = decoder.decode(clip.audio, language=language)
        measured.append(word_errors(clip.text, decoded.text, language=language))
        runaways += decoded.runaway
        after_each(len(measured))
    words = sum(each.words for each in measured)
    if len(measured) < FEWEST_CLIPS or words < FEWEST_WORDS:
        raise TooFewClips(
            f"{len(measured)} recordings with {words} words, needed are {FEWEST_CLIPS} with {FEWEST_WORDS}.",
            remedy="Record more, best by several people in the café itself.",
        )
    low, high = rate_interval(measured)
    return Qualification(
        language=language,
        sha256=sha256,
        weights=weights,
        clips=len(measured),
        words=words,
        word_error=round(word_error_rate(measured), 4),
        low=round(low, 4),
        high=round(high, 4),
        runaways=runaways,
        by=by,
        at=at,
    )


def save_qualification(qualification: Qualification, weights: Path) -> None:
    """Save a result, passed or not, as the current one."""
    path = _path(weights, qualification.language)
    write_atomically(path, qualification.model_dump_json(indent=1))


def withdraw_qualification(weights: Path, language: str) -> bool:
    """Delete a language's qualification; return whether there was one."""
    path = _path(weights, language)
    there = path.exists()
    path.unlink(missing_ok=True)
    return there


def read_qualification(weights: Path, language: str) -> Qualification | None:
    """Return the latest result; None if there is none or it cannot be read."""
    try:
        return Qualification.model_validate_json(_path(weights, language).read_bytes())
    except (OSError, ValidationError):
        return None


def _path(weights: Path, language: str) -> Path:
    return weights / f"qualified-{language}.json"
