"""Scores sessions by the rubric; one session and a million take the same steps over arrays.

Points, themes, signals, subscores and reasons come from one reading by the language model (`pipelines/language/`);
only silence, repetition and a menu read aloud follow from the form of the words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilot.cafes import Cafe, Language
from pipelines.language.heads import Floats
from pipelines.language.measures import Measurer
from pipelines.language.reader import measurer
from pipelines.language.tokens import Ints
from pipelines.scoring.names import CafeNames, names_of
from pipelines.scoring.quotes import Quote, quotes
from pipelines.scoring.reasons import NO_REASONS, Reasons, reasons
from pipelines.scoring.signals import CAPS, Flags, signals
from pipelines.scoring.spoken import spoken
from pipelines.scoring.subscores import Span, likely_details, spans, subscores
from pipelines.scoring.urgent import urgent_flags

MODEL_VERSION = "834d424991aa"  # of the language model that ships
SCORER_VERSION = f"2026-12.2-{MODEL_VERSION}"
ELIGIBLE_ABOVE = 60
CHUNK_SESSIONS = 20_000  # scored together; about 400 MB at most
DECIMALS = 4  # of subscores
EMPTY = ("silence", "gibberish")  # signals of sessions that claim nothing


@dataclass(frozen=True, slots=True)
class SessionText:
    """One session's words.

    Attributes:
        turns: The counted text of each turn, in order: data, never instructions.
        language: The session's language; the model reads both, whichever it is.
        cafe: The café, for its own names; None if it is no longer known.
    """

    turns: Sequence[str]
    language: Language
    cafe: Cafe | None


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
        spans: The clauses that earned the score; none if a signal caps it, and none unless requested.
        reasons: What it says and leaves out; none as for `spans`.
    """

    score: int
    eligible: bool
    subscores: Mapping[str, float]
    themes: Mapping[str, str]
    quotes: tuple[Quote, ...]
    flags: tuple[str, ...]
    signals: tuple[str, ...]
    spans: tuple[Span, ...]
    reasons: Reasons

    @property
    def aspects(self) -> tuple[str, ...]:
        """Return the themes' names, sorted."""
        return tuple(sorted(self.themes))


def score(turns: Sequence[str], *, language: Language, cafe: Cafe | None) -> Score:
    """Score one customer's words, with the spans that earned the score and its reasons."""
    return score_many([SessionText(turns, language, cafe)], explained=True)[0]


def score_many(
    sessions: Sequence[SessionText], *, explained: bool = False, model: Measurer | None = None
) -> list[Score]:
    """Score many sessions; each result equals that of `score`, with spans and reasons only if `explained`.

    Args:
        sessions: The sessions.
        explained: Whether to find the spans and reasons, too.
        model: The model that reads them; None for the one that ships.
    """
    found: list[Score] = []
    for begin in range(0, len(sessions), CHUNK_SESSIONS):
        found += _scored(sessions[begin : begin + CHUNK_SESSIONS], explained=explained, model=model or measurer())
    return found


def _scored(sessions: Sequence[SessionText], *, explained: bool, model: Measurer) -> list[Score]:
    composed = [[unicodedata.normalize("NFC", turn) for turn in session.turns] for session in sessions]
    measures = model.measure(composed)
    words = [spoken(turns) for turns in composed]
    names = _names(sessions)
    raised = signals(measures, words=words, names=names)
    urgent = urgent_flags(measures, danger_from=model.model.danger_from)
    in_danger = np.isin(np.arange(len(sessions)), list(urgent))
    final = apply_caps(measures.quality, raised, but=in_danger).tolist()
    against = _names_of_raised(raised, len(sessions))
    claimed = {
        session: own for session, own in quotes(measures).items() if not any(raised[name][session] for name in EMPTY)
    }
    likely = likely_details(measures)
    parts = subscores(measures, claimed, likely)
    columns = {name: values.round(DECIMALS).tolist() for name, values in parts.items()}
    marked = spans(measures, likely) if explained else {}
    why = reasons(measures, claimed) if explained else {}
    return [
        Score(
            score=final[place],
            eligible=final[place] > ELIGIBLE_ABOVE and not against[place],
            subscores={name: values[place] for name, values in columns.items()},
            themes={quote.theme: quote.polarity for quote in claimed.get(place, ())},
            quotes=claimed.get(place, ()),
            flags=_flags(urgent.get(place, set()), staff_named=names[place].staff_named(words[place])),
            signals=against[place],
            spans=() if against[place] else marked.get(place, ()),
            reasons=NO_REASONS if against[place] else why.get(place, NO_REASONS),
        )
        for place in range(len(sessions))
    ]


def _names(sessions: Sequence[SessionText]) -> list[CafeNames]:
    known = {id(session.cafe): session.cafe for session in sessions}  # hashing a café costs more than scoring
    names = {number: names_of(cafe) for number, cafe in known.items()}
    return [names[id(session.cafe)] for session in sessions]


def apply_caps(points: Floats, raised: Mapping[str, Flags], *, but: NDArray[np.bool_]) -> Ints:
    """Return whole points, capped by each signal, but for sessions that report a danger."""
    final = np.clip(np.rint(points), 0, 100).astype(np.int64)
    for name, flags in raised.items():
        final = np.where(flags & ~but, np.minimum(final, CAPS[name]), final)
    return final


def _names_of_raised(raised: Mapping[str, Flags], size: int) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [()] * size
    for name in sorted(raised):
        for session in np.flatnonzero(raised[name]).tolist():
            found[session] = (*found[session], name)
    return found


def _flags(urgent: set[str], *, staff_named: bool) -> tuple[str, ...]:
    return tuple(sorted(urgent | ({"staff_named"} if staff_named else set())))
