"""The score of one session, 0-100, computed by code from what was said; pure Python, no frame library."""

from pipelines.scoring.scorer import ELIGIBLE_ABOVE, SCORER_VERSION, Score, Span, score

__all__ = ["ELIGIBLE_ABOVE", "SCORER_VERSION", "Score", "Span", "score"]
