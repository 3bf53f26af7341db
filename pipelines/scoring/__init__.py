"""Scores sessions, 0-100, by code from their words; arrays of numbers, no frame library."""

from pipelines.scoring.scorer import (
    ELIGIBLE_ABOVE,
    SCORER_VERSION,
    Quote,
    Said,
    Score,
    Span,
    score,
    score_many,
)

__all__ = ["ELIGIBLE_ABOVE", "SCORER_VERSION", "Quote", "Said", "Score", "Span", "score", "score_many"]
