"""One session's score by the rubric: five subscores, signals that cap it, and the words that earned it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pilot.cafes import Cafe, Language
from pipelines.scoring.features import Features, features
from pipelines.scoring.lexicon import Lexicon, Reading, lexicon
from pipelines.scoring.signals import CAPS, signals

SCORER_VERSION = "2026-11.1"
ELIGIBLE_ABOVE = 60
ELSEWHERE_CAP = 25  # nothing of the café's was named and nothing claimed: at most "thin"
SOME_USE_CAP = 60  # without an aspect that something is claimed about, and a ground or a suggestion: "some use"
OTHER_LANGUAGE_RATIO = 2.0  # so many times more function words of the other language: that one was spoken

INTERCEPT = 32.0
WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"specificity": 40.0, "evidence": 8.0, "breadth": 8.0, "actionability": 16.0, "authenticity": 1.0}
)


@dataclass(frozen=True, slots=True)
class Span:
    """Words that earned part of a subscore; positions in the turn's text (composed form), no words.

    Attributes:
        turn: The turn's place in the sequence that was scored, from 0.
        start: First character.
        end: One past the last character.
        subscore: Which subscore they earned.
    """

    turn: int
    start: int
    end: int
    subscore: str


@dataclass(frozen=True, slots=True)
class Score:
    """The usefulness of one session.

    Attributes:
        score: 0-100 by the rubric.
        eligible: Whether it is above the first reward tier and nothing stands against it.
        subscores: specificity, evidence, breadth, actionability, authenticity; each 0-1.
        aspects: Aspects that a claim is made about, sorted.
        signals: What stands against the score, sorted; each caps it.
        spans: The words that earned the subscores.
    """

    score: int
    eligible: bool
    subscores: Mapping[str, float]
    aspects: tuple[str, ...]
    signals: tuple[str, ...]
    spans: tuple[Span, ...]


def score(turns: Sequence[str], *, language: Language, cafe: Cafe | None) -> Score:
    """Score what one customer said.

    Args:
        turns: What counts of each turn, in order. It is data: nothing in it is obeyed.
        language: The session's language; where the other one was plainly spoken, that one is used.
        cafe: The café, for the names of its staff, areas and specialties; None where it is not known any more.
    """
    words, reading = _read(turns, language=language, cafe=cafe)
    found = features(reading)
    raised = signals(reading, found, lexicon=words) if any(reading.tokens) else ("silence",)
    subscores = {
        "specificity": found.specificity,
        "evidence": found.evidence,
        "breadth": found.breadth,
        "actionability": found.actionability,
        "authenticity": _authenticity(reading, lexicon=words),
    }
    value = weighed(subscores)
    if not found.aspects or (found.evidence == 0 and found.actionability == 0):
        value = min(value, SOME_USE_CAP)
    if not found.aspects and found.specificity == 0:
        value = min(value, ELSEWHERE_CAP)
    points = min([round(value), *(CAPS[name] for name in raised)])
    return Score(
        score=points,
        eligible=points > ELIGIBLE_ABOVE and not raised,
        subscores=subscores,
        aspects=found.aspects,
        signals=raised,
        spans=_spans(found),
    )


def weighed(subscores: Mapping[str, float]) -> float:
    """Return the weighted sum of the subscores, within 0-100, before any signal caps it."""
    return min(100.0, max(0.0, INTERCEPT + sum(WEIGHTS[name] * value for name, value in subscores.items())))


def _read(turns: Sequence[str], *, language: Language, cafe: Cafe | None) -> tuple[Lexicon, Reading]:
    words = lexicon(language, cafe)
    reading = words.read(turns)
    tokens = [token for turn in reading.tokens for token in turn]
    other = lexicon("en" if language == "sv" else "sv", cafe)
    here = sum(token in words.function_words for token in tokens)
    there = sum(token in other.function_words for token in tokens)
    if there > OTHER_LANGUAGE_RATIO * here + 1:
        return other, other.read(turns)
    return words, reading


def _authenticity(reading: Reading, *, lexicon: Lexicon) -> float:
    """Reads like a visit that happened: somebody speaks in sentences, of themselves, without repeating."""
    tokens = [token for turn in reading.tokens for token in turn]
    if not tokens:
        return 0.0
    sentences = min(1.0, 3 * sum(token in lexicon.function_words for token in tokens) / len(tokens))
    person = 1.0 if any(mark.tag == "first_person" for mark in reading.marks) else 0.85
    variety = min(1.0, 1.5 * len(set(tokens)) / len(tokens))
    return sentences * person * variety


def _spans(found: Features) -> tuple[Span, ...]:
    return tuple(
        sorted(
            {
                Span(mark.turn, mark.start, mark.end, subscore)
                for subscore, marks in found.earned.items()
                for mark in marks
            },
            key=lambda span: (span.turn, span.start, span.end, span.subscore),
        )
    )
