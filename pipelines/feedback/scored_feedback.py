"""The table `scored_feedback`: one row for each completed session, with its score."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import polars as pl

from pilot.cafes import Cafes
from pilot.lake_tables.tables import SCORED_FEEDBACK
from pipelines.feedback.counting_turns import counts_as_feedback, has_words
from pipelines.scoring import SCORER_VERSION, Score, SessionText, score_many
from pipelines.shapes import schema, table_frame

SUBSCORES = ("specificity", "evidence", "breadth", "actionability", "authenticity")
OF_SESSIONS = ("day", "session_id", "cafe", "simulated", "language", "completed_at", "outcome")
OF_TURNS = ("session_id", "turn", "transcript", "low_confidence", "language")
TOO_UNSURE = "low_confidence"


def scored_feedback(sessions: pl.DataFrame, turns: pl.DataFrame, *, cafes: Cafes) -> pl.DataFrame:
    """Return one row for each completed session.

    Turns of low confidence that the customer did not edit are left out, and so are turns that the customer struck. A
    session without remaining turns scores 0, with the signal `low_confidence` or `silence`.

    Args:
        sessions: OF_SESSIONS of SESSIONS.
        turns: OF_TURNS of TURNS of the same sessions.
        cafes: The cafés; a session of a café that is no longer in the file is scored without the café's names.
    """
    by_session = (
        turns.sort("session_id", "turn")
        .group_by("session_id")
        .agg(
            said=pl.col("transcript").filter(counts_as_feedback()),
            numbers=pl.col("turn").filter(counts_as_feedback()),
            left_out=(has_words() & ~counts_as_feedback()).sum(),
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
            numbers=pl.col("numbers").fill_null(pl.lit([], dtype=pl.List(pl.Int64))),
            turns_left_out=pl.col("left_out").fill_null(0),
        )
        .with_columns(turns_scored=pl.col("said").list.len())
    )
    known = {cafe.id: cafe for cafe in cafes.cafe}
    feedback = completed.select("said", "numbers", "turns_left_out", "language", "cafe").rows()
    scores = score_many([SessionText(said, language, known.get(cafe)) for said, _, _, language, cafe in feedback])
    rows = [
        _row(result, said=said, numbers=numbers, left_out=left_out)
        for result, (said, numbers, left_out, _, _) in zip(scores, feedback, strict=True)
    ]
    types = schema(SCORED_FEEDBACK)
    columns = ("score", "eligible", *SUBSCORES, "words", "aspects", "themes", "quotes", "flags", "signals")
    frame = pl.DataFrame(rows, schema={name: types[name] for name in columns}, orient="row")
    whole = pl.concat([completed, frame], how="horizontal").with_columns(
        rubric_version=pl.lit(cafes.pilot.rubric_version), scorer_version=pl.lit(SCORER_VERSION)
    )
    return table_frame(SCORED_FEEDBACK, whole.lazy())


def _row(result: Score, *, said: Sequence[str], numbers: Sequence[int], left_out: int) -> tuple[Any, ...]:
    quotes = [
        {
            "theme": quote.theme,
            "polarity": quote.polarity,
            "turn": numbers[quote.turn],
            "start": quote.start,
            "end": quote.end,
        }
        for quote in result.quotes
    ]
    return (
        result.score,
        result.eligible,
        *(result.subscores[name] for name in SUBSCORES),
        sum(len(turn.split()) for turn in said),
        list(result.aspects),
        json.dumps(dict(sorted(result.themes.items()))),
        json.dumps(quotes),
        list(result.flags),
        [TOO_UNSURE] if not said and left_out else list(result.signals),
    )
