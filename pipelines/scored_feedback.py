"""Scored feedback: one row for each completed session, with the score of what was said in it."""

from __future__ import annotations

from typing import Any

import polars as pl

from pilot.cafes import Cafe, Cafes, Language
from pilot.tables import SCORED_FEEDBACK
from pipelines.scoring import SCORER_VERSION, Score, score
from pipelines.shapes import schema, shaped

SUBSCORES = ("specificity", "evidence", "breadth", "actionability", "authenticity")
TOO_UNSURE = "low_confidence"


def scored_feedback(sessions: pl.DataFrame, turns: pl.DataFrame, *, cafes: Cafes) -> pl.DataFrame:
    """Return one row for each completed session.

    Turns that the recogniser was too unsure of and that the customer did not mend are left out, as are turns that
    the customer struck. A session with nothing left scores 0 and says why: `low_confidence`, or `silence`.

    Args:
        sessions: Frame of SESSIONS.
        turns: Frame of TURNS of the same sessions.
        cafes: The cafés; a session of one that is no longer in the file is scored without its names.
    """
    said = pl.col("transcript").str.strip_chars().fill_null("") != ""
    unsure = pl.col("low_confidence") & said
    by_session = (
        turns.sort("session_id", "turn")
        .group_by("session_id")
        .agg(
            said=pl.col("transcript").filter(said & ~unsure),
            left_out=unsure.sum(),
            turn_language=pl.col("language").last(),
        )
    )
    completed = (
        sessions.filter(pl.col("outcome") == "completed")
        .select("day", "session_id", "cafe", "simulated", "language", "completed_at")
        .join(by_session, on="session_id", how="left")
        .with_columns(
            language=pl.coalesce("language", "turn_language", pl.lit("sv")),
            said=pl.col("said").fill_null(pl.lit([], dtype=pl.List(pl.String))),
            turns_left_out=pl.col("left_out").fill_null(0),
        )
        .with_columns(turns_scored=pl.col("said").list.len())
    )
    known = {cafe.id: cafe for cafe in cafes.cafe}
    scores = [
        _row(said, left_out=left_out, language=language, cafe=known.get(cafe))
        for said, left_out, language, cafe in completed.select("said", "turns_left_out", "language", "cafe").iter_rows()
    ]
    types = schema(SCORED_FEEDBACK)
    columns = ("score", "eligible", *SUBSCORES, "words", "aspects", "signals")
    frame = pl.DataFrame(scores, schema={name: types[name] for name in columns}, orient="row")
    rows = pl.concat([completed, frame], how="horizontal").with_columns(
        themes=pl.lit(None),
        quotes=pl.lit(None),
        flags=pl.lit(None),
        rubric_version=pl.lit(cafes.pilot.rubric_version),
        scorer_version=pl.lit(SCORER_VERSION),
    )
    return shaped(SCORED_FEEDBACK, rows.lazy())


def _row(said: list[str], *, left_out: int, language: Language, cafe: Cafe | None) -> tuple[Any, ...]:
    result = score(said, language=language, cafe=cafe)
    words = sum(len(turn.split()) for turn in said)
    return (
        result.score,
        result.eligible,
        *(result.subscores[name] for name in SUBSCORES),
        words,
        list(result.aspects),
        list(_signals(result, said=said, left_out=left_out)),
    )


def _signals(result: Score, *, said: list[str], left_out: int) -> tuple[str, ...]:
    return (TOO_UNSURE,) if not said and left_out else result.signals
