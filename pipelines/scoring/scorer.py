"""Scores sessions by the rubric; one session and a million take the same steps over arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pilot.cafes import Cafe, Language
from pipelines.scoring.features import Features, features
from pipelines.scoring.marks import Flags, Marks, read_marks
from pipelines.scoring.model import SUBSCORE_OF, SUBSCORES, Floats, points_and_subscores
from pipelines.scoring.signals import CAPS, signals
from pipelines.scoring.tags import BIT, NONE, THEMES, URGENT
from pipelines.scoring.themes import Claims, claims, place_themes
from pipelines.scoring.token_stream import TokenStream, tokenise
from pipelines.scoring.vocabulary import Ints, Vocabulary, vocabulary

SCORER_VERSION = "2026-11.3"
ELIGIBLE_ABOVE = 60
ELSEWHERE_CAP = 25  # for a session that names nothing of the café's and claims nothing: "thin"
SOME_USE_CAP = 60  # for a session without a specific claim, event or suggestion: "some use"
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
    points, subscores = points_and_subscores(found)
    raised = signals(marks, stream, found, claimed=claimed, vocabulary=known)
    final = apply_caps(points, found, marks, raised)
    flags = _flags(marks, stream.sessions)
    spans_of = _spans(marks, stream, found) if spans else {}
    stands = _blocking_signals(raised, len(sessions))
    hollow = raised["silence"] | raised["gibberish"]
    quotes: list[list[Quote]] = [[] for _ in sessions]
    for session, *quote in zip(*place_themes(claimed, stream), strict=True):
        if not hollow[session]:
            quotes[session].append(Quote(*quote))
    columns = [subscores[name].round(6).tolist() for name in SUBSCORES]
    return [
        Score(
            score=value,
            eligible=value > ELIGIBLE_ABOVE and not stands[place],
            subscores=dict(zip(SUBSCORES, parts, strict=True)),
            themes={quote.theme: quote.polarity for quote in quotes[place]},
            quotes=tuple(quotes[place]),
            flags=flags.get(place, ()),
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


def apply_caps(points: Floats, found: Features, marks: Marks, raised: Mapping[str, Flags]) -> Ints:
    """Return whole points, capped by each signal and for sessions without specific statements."""
    counts = found.counts
    final = np.clip(np.rint(points), 0, 100).astype(np.int64)
    particular = (counts["claims"] + counts["consequences"] + counts["suggestions"] + counts["comparisons"]) > 0
    final = np.where(particular, final, np.minimum(final, SOME_USE_CAP))
    own = (
        np.bincount(marks.session, weights=marks.has(*THEMES, "item", "menu", "staff", "thing"), minlength=len(final))
        > 0
    )
    final = np.where(own, final, np.minimum(final, ELSEWHERE_CAP))
    for name, flags in raised.items():
        final = np.where(flags, np.minimum(final, CAPS[name]), final)
    return final


def _flags(marks: Marks, size: int) -> dict[int, tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    for name in ("staff", *URGENT):
        there = np.unique(marks.session[(marks.bits & BIT[name]) != NONE])
        for session in there.tolist():
            found.setdefault(session, []).append("staff_named" if name == "staff" else name)
    return {session: tuple(sorted(names)) for session, names in found.items()}


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
