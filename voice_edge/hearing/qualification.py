"""Qualified: an operator measured these very weights on recordings of this language, and they were good enough.

A qualification is bound to the checksum of the weights: other weights are not qualified by it.
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

MOST_WORD_ERROR = 0.15  # of the recordings together
MOST_WORD_ERROR_HIGH = 0.20  # the upper end of its 95 % interval
FEWEST_CLIPS = 30
FEWEST_WORDS = 300


class TooFewClips(HearingError):
    """So few recordings tell nothing."""


class Qualification(BaseModel):
    """What was measured.

    Attributes:
        language: The language.
        sha256: Checksum of the weights' model.bin.
        weights: Their name.
        clips: Recordings measured.
        words: Words said in them.
        word_error: Share of words that were wrong.
        low: Lower end of its 95 % interval.
        high: Upper end.
        runaways: Recordings on which the decoder ran away even at full length.
        by: Who measured.
        at: When.
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
        """Return whether it is good enough."""
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
    """Hear every recording and compare.

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


def keep(qualification: Qualification, weights: Path) -> None:
    """Keep a result, good or bad, as the one that counts."""
    path = _path(weights, qualification.language)
    write_atomically(path, qualification.model_dump_json(indent=1))


def withdraw(weights: Path, language: str) -> bool:
    """Forget a language's qualification; return whether there was one."""
    path = _path(weights, language)
    there = path.exists()
    path.unlink(missing_ok=True)
    return there


def kept(weights: Path, language: str) -> Qualification | None:
    """Return what was measured last; None where nothing was or it cannot be read."""
    try:
        return Qualification.model_validate_json(_path(weights, language).read_bytes())
    except (OSError, ValidationError):
        return None


def _path(weights: Path, language: str) -> Path:
    return weights / f"qualified-{language}.json"
