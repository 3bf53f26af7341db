"""`pilot.turns.counts_as_feedback` as an expression over frames of TURNS."""

from __future__ import annotations

import polars as pl


def has_words(column: str = "transcript") -> pl.Expr:
    """Return whether a turn has words."""
    return pl.col(column).fill_null("").str.strip_chars() != ""


def counts_as_feedback() -> pl.Expr:
    """Return whether a turn counts as feedback.

    In TURNS `low_confidence` is false for a turn that the customer edited: see `low_confidence_after_edit`.
    """
    return has_words() & ~pl.col("low_confidence")


def low_confidence_after_edit(low_confidence: pl.Expr, *, edited: pl.Expr) -> pl.Expr:
    """Return TURNS' `low_confidence`: too unsure to score, and not settled by the customer's edit."""
    return low_confidence.fill_null(value=False) & ~edited
