"""Scores sessions, 0-100, from their words, with arrays of numbers and without a frame library."""

from pipelines.scoring.quotes import Quote
from pipelines.scoring.reasons import Reasons
from pipelines.scoring.scorer import ELIGIBLE_ABOVE, SCORER_VERSION, Score, SessionText, score, score_many
from pipelines.scoring.subscores import Span

__all__ = [
    "ELIGIBLE_ABOVE",
    "SCORER_VERSION",
    "Quote",
    "Reasons",
    "Score",
    "SessionText",
    "Span",
    "score",
    "score_many",
]
