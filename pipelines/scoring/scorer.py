"""Scores sessions by the rubric; one session and a million take the same steps over arrays.

The points, themes and urgent flags are the language model's; word lists find the signals that cap a score and the words
that explain it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pilot.cafes import Cafe, Language
from pipelines.language.reading import Reading
from pipelines.scoring.features import Features, features
from pipelines.scoring.learned import agreed, read_sessions, urgent
from pipelines.scoring.marks import Flags, Marks, read_marks
from pipelines.scoring.model import SUBSCORE_OF, SUBSCORES, Floats, points_and_subscores
from pipelines.scoring.signals import CAPS, signals
from pipelines.scoring.tags import BIT, NONE
from pipelines.scoring.themes import Claims, claims
from pipelines.scoring.token_stream import TokenStream, tokenise
from pipelines.scoring.vocabulary import Ints, Vocabulary, vocabulary

MODEL_VERSION = "c626fa68cf50"  # of the language model that ships
SCORER_VERSION = f"2026-12.1-{MODEL_VERSION}"
ELIGIBLE_ABOVE = 60
CHUNK_SESSIONS = 20_000  # scored together; about 400 MB at most


@dataclass(frozen=True, slots=True)
class SessionText:
    """One session's words.

    Attributes:
        turns: The counted text of each turn, in order: data, never instructions.
        language: The session's language, unless the other one is clearly spoken.
        cafe: The café, for its own names; None if it is no longer known.
    """

    turns: Sequence[str]
    language: Language
    cafe: Cafe | None


@dataclass(frozen=True, slots=True)
class Span:
    """The span of words that earned part of a subscore; positions in the turn's text (composed form).

    Attributes:
        turn: The index of the scored turn, from 0.
        start: First character.
        end: One past the last character.
        subscore: The subscore that they earned.
    """

    turn: int
    start: int
    end: int
    subscore: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A theme, its polarity and its claim's span; positions as in `Span`."""

    theme: str
    polarity: str
    turn: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Score:
    """The usefulness of one session.

    Attributes:
        score: 0-100 by the rubric.
        eligible: Whether it is above the first reward tier and without signals.
        subscores: specificity, evidence, breadth, actionability, authenticity; each 0-1.
        themes: The polarity of each claimed theme: positive, negative or mixed.
        quotes: The span of each theme's claim.
        flags: For the café's manager: staff_named, urgent_allergy, urgent_injury, urgent_harassment, urgent_safety.
        signals: The signals against the score, sorted; each caps it.
        spans: The words that earned the subscores; empty unless requested.
    """

    score: int
    eligible: bool
    subscores: Mapping[str, float]
    themes: Mapping[str, str]
    quotes: tuple[Quote, ...]
    flags: tuple[str, ...]
    signals: tuple[str, ...]
    spans: tuple[Span, ...]

    @property
    def aspects(self) -> tuple[str, ...]:
        """Return the themes' names, sorted."""
        return tuple(sorted(self.themes))


def score(turns: Sequence[str], *, language: Language, cafe: Cafe | None) -> Score:
    """Score one customer's words, with the spans that earned the score."""
    return score_many([SessionText(turns, language, cafe)], spans=True)[0]


def score_many(sessions: Sequence[SessionText], *, spans: bool = False) -> list[Score]:
    """Score many sessions; each result equals that of `score`, with spans only if `spans`."""
    known = vocabulary()
    found: list[Score] = []
    for begin in range(0, len(sessions), CHUNK_SESSIONS):
        found += _scored(sessions[begin : begin + CHUNK_SESSIONS], known=known, spans=spans)
    return found


def analyse(sessions: Sequence[SessionText], *, known: Vocabulary) -> tuple[TokenStream, Marks, Features, Claims]:
    """Return the tokens, marks, features and claims of some sessions: everything except the points."""
    stream = tokenise([session.turns for session in sessions], vocabulary=known)
    marks = read_marks(
        stream,
        vocabulary=known,
        languages=[session.language for session in sessions],
        cafes=[session.cafe for session in sessions],
    )
    claimed = claims(marks, stream)
    return stream, marks, features(marks, stream, claimed=claimed), claimed


def _scored(sessions: Sequence[SessionText], *, known: Vocabulary, spans: bool) -> list[Score]:
    stream, marks, found, claimed = analyse(sessions, known=known)
    _, subscores = points_and_subscores(found)
    read, unusable = read_sessions([session.turns for session in sessions])
    raised = agreed(signals(marks, stream, found, claimed=claimed, vocabulary=known), read, unusable)
    in_danger = np.array([bool(urgent(reading)) for reading in read], dtype=np.bool_)
    final = apply_caps(np.array([reading.quality for reading in read]), raised, but=in_danger)
    flags = [_flags(reading, named) for reading, named in zip(read, _staff_named(marks, stream.sessions), strict=True)]
    spans_of = _spans(marks, stream, found) if spans else {}
    stands = _blocking_signals(raised, len(sessions))
    hollow = raised["silence"] | raised["gibberish"]
    quotes = [
        () if nothing else tuple(Quote(c.theme, c.polarity, c.turn, c.start, c.end) for c in reading.claims)
        for reading, nothing in zip(read, hollow.tolist(), strict=True)
    ]
    columns = [subscores[name].round(6).tolist() for name in SUBSCORES]
    return [
        Score(
            score=value,
            eligible=value > ELIGIBLE_ABOVE and not stands[place],
            subscores=dict(zip(SUBSCORES, parts, strict=True)),
            themes={quote.theme: quote.polarity for quote in quotes[place]},
            quotes=quotes[place],
            flags=flags[place],
            signals=stands[place],
            spans=spans_of.get(place, ()),
        )
        for place, (value, parts) in enumerate(zip(final.tolist(), zip(*columns, strict=True), strict=True))
    ]


def _blocking_signals(raised: Mapping[str, Flags], size: int) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [()] * size
    for name in sorted(raised):
        for session in np.flatnonzero(raised[name]).tolist():
            found[session] = (*found[session], name)
    return found


def apply_caps(points: Floats, raised: Mapping[str, Flags], *, but: Flags) -> Ints:
    """Return whole points, capped by each signal, but for sessions that report a danger."""
    final = np.clip(np.rint(points), 0, 100).astype(np.int64)
    for name, flags in raised.items():
        final = np.where(flags & ~but, np.minimum(final, CAPS[name]), final)
    return final


def _staff_named(marks: Marks, size: int) -> Flags:
    found = np.zeros(size, dtype=np.bool_)
    found[marks.session[(marks.bits & BIT["staff"]) != NONE]] = True
    return found


def _flags(reading: Reading, staff_named: bool) -> tuple[str, ...]:
    return tuple(sorted({*urgent(reading), *(["staff_named"] if staff_named else [])}))


def _spans(marks: Marks, stream: TokenStream, analyse: Features) -> dict[int, tuple[Span, ...]]:
    found: dict[int, set[Span]] = {}
    for name, weight in analyse.earning.items():
        subscore = SUBSCORE_OF.get(name)
        if subscore is None or name == "words":
            continue
        for mark in np.flatnonzero(weight > 0).tolist():
            first = int(marks.token[mark])
            last = first + int(marks.length[mark]) - 1
            span = Span(int(stream.turn[first]), int(stream.starts[first]), int(stream.ends[last]), subscore)
            found.setdefault(int(marks.session[mark]), set()).add(span)
    return {
        session: tuple(sorted(spans, key=lambda span: (span.turn, span.start, span.end, span.subscore)))
        for session, spans in found.items()
    }
