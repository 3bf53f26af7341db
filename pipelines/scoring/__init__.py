"""Scores sessions, 0-100, from their words, with arrays of numbers and without a frame library."""

from pipelines.scoring.scorer import (
    ELIGIBLE_ABOVE,
    SCORER_VERSION,
    Quote,
    Score,
    SessionText,
    Span,
    score,
    score_many,
)

__all__ = ["ELIGIBLE_ABOVE", "SCORER_VERSION", "Quote", "Score", "SessionText", "Span", "score", "score_many"]
