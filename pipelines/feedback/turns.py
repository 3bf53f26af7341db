"""The table `turns`: one row per spoken or typed turn of a customer, with its answer."""

from __future__ import annotations

import polars as pl

from pilot.kpis import KPIS
from pilot.lake_tables.tables import TURNS
from pilot.turns import CLOCKS_APART_MS, LONGEST_RESPONSE_MS
from pipelines.feedback import event_columns
from pipelines.feedback.counting_turns import low_confidence_after_edit
from pipelines.feedback.event_columns import customer_events, flag, integer, number, select_events, text, whole_visits
from pipelines.shapes import table_frame

SAMPLES_PER_SECOND = 16_000
SPEECH_DECIMALS = 7  # of 1/16000; rounded, because Polars divides or multiplies by the inverse, as rows are grouped
WITHIN_MS = KPIS["voice_response"].target * 1000
TURN = ["visit", "turn"]

STAGES = ("soft_end", "recognition_start", "recognition_end", "commit", "first_token", "sent")

OF_A_TURN = ("utterance_committed", "utterance_edited", "reply_sent", "reply_shown", "turn_failed")
FIELDS = {
    "page_opened": ("language",),
    "session_started": ("language",),
    **{name: event_columns.FIELDS[name] for name in OF_A_TURN},
}


def turns(raw_events: pl.DataFrame) -> pl.DataFrame:
    """Return one row per committed turn, and per turn that failed before its commit.

    The last revision counts. The customer's edit replaces its words and confirms them, so an edited turn is never of
    low confidence; an edit to nothing strikes the turn: its transcript is empty text. A voice turn is within its target
    only if the page showed the answer within two seconds; an answer that failed or was never marked as shown is late.
    A page's mark that contradicts the edge's own is left out: its turn is neither. A typed turn has no target.
    """
    events = customer_events(raw_events)
    rows = (
        _committed(events)
        .join(_failed(events), on=TURN, how="full", coalesce=True)
        .join(_edits(events), on=TURN, how="left")
        .join(_replies(events), on=TURN, how="left")
        .join(_sessions(events), on="visit", how="left")
        .collect()  # computed once; `_shown` uses it too
        .lazy()
    )
    rows = rows.join(_shown(events, rows), on=TURN, how="left")
    return table_frame(TURNS, _settled(rows))


def _of_turn(events: pl.LazyFrame, name: str, *fields: pl.Expr) -> pl.LazyFrame:
    return select_events(events, name).select("visit", "at", "order", integer("turn"), *fields).drop_nulls("turn")


def _committed(events: pl.LazyFrame) -> pl.LazyFrame:
    return (
        _of_turn(
            events,
            "utterance_committed",
            integer("revision").fill_null(1),
            text("mode"),
            text("language").alias("turn_language"),
            text("transcript").fill_null("").alias("heard"),
            number("confidence"),
            flag("low_confidence").fill_null(value=False).alias("unsure"),
            integer("speech_samples").fill_null(0),
            integer("discarded_speculations").fill_null(0),
            text("question"),
        )
        .sort("visit", "turn", "revision", "order")
        .unique(subset=[*TURN, "revision"], keep="last", maintain_order=True)
        .group_by(TURN)
        .agg(
            pl.col("mode", "turn_language", "heard", "confidence", "unsure", "question").last(),
            committed_at=pl.col("at").last(),
            committed_order=pl.col("order").last(),
            speech_s=(pl.col("speech_samples").last() / SAMPLES_PER_SECOND).round(SPEECH_DECIMALS),
            revisions=pl.len(),
            discarded_speculations=pl.col("discarded_speculations").sum(),
        )
    )


def _failed(events: pl.LazyFrame) -> pl.LazyFrame:
    return (
        _of_turn(events, "turn_failed", text("reason"), text("mode").alias("failed_mode"))
        .group_by(TURN)
        .agg(
            pl.col("reason", "failed_mode").last(),
            failed_at=pl.col("at").last(),
            failed_order=pl.col("order").last(),
        )
    )


def _edits(events: pl.LazyFrame) -> pl.LazyFrame:
    return (
        _of_turn(events, "utterance_edited", text("transcript").fill_null("").alias("edit"))
        .group_by(TURN)
        .agg(pl.col("edit").last(), edit_order=pl.col("order").last())
    )


def _replies(events: pl.LazyFrame) -> pl.LazyFrame:
    marks = [number(f"marks.{stage}").alias(f"{stage}_ms") for stage in STAGES]
    fields = [text("text").alias("reply"), text("author").alias("reply_author"), text("purpose").alias("reply_purpose")]
    return (
        _of_turn(events, "reply_sent", *fields, *marks).group_by(TURN).agg(pl.exclude("visit", "turn", "at").last())
    ).drop("order")


def _shown(events: pl.LazyFrame, rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return the first mark after the last commit, because a reopened page shows the same answer again."""
    return (
        _of_turn(events, "reply_shown", number("response_ms"), flag("implausible").fill_null(value=False))
        .join(rows.select(*TURN, "committed_order"), on=TURN, how="inner")
        .filter(pl.col("order") > pl.col("committed_order").fill_null(-1))
        .group_by(TURN)
        .agg(pl.col("response_ms", "implausible").first())
    )


def _sessions(events: pl.LazyFrame) -> pl.LazyFrame:
    """Return a turn's fields from its session, and the language for turns that failed without one."""
    return whole_visits(events).join(
        select_events(events, "page_opened", "session_started")
        .select("visit", text("language").alias("session_language"))
        .group_by("visit")
        .agg(pl.col("session_language").drop_nulls().last()),
        on="visit",
        how="left",
    )


def _settled(rows: pl.LazyFrame) -> pl.LazyFrame:
    mended = (pl.col("edit_order") > pl.col("committed_order")) & (
        pl.col("edit").str.strip_chars() != pl.col("heard").str.strip_chars()
    )
    never_committed = pl.col("committed_at").is_null()
    failed_last = pl.col("failed_order") > pl.col("committed_order")
    implausible = pl.col("implausible").fill_null(value=False) | _implausible().fill_null(value=False)
    shown_in_time = pl.col("response_ms").is_between(0, WITHIN_MS) & pl.col("failure").is_null()
    return (
        rows.with_columns(
            edited=mended.fill_null(value=False),
            failure=pl.when(never_committed | failed_last).then("reason"),
            implausible=implausible,
            mode=pl.coalesce("mode", "failed_mode", pl.lit("voice")),
            language=pl.coalesce("turn_language", "session_language", pl.lit("sv")),
            committed_at=pl.coalesce("committed_at", "failed_at"),
            revisions=pl.col("revisions").fill_null(0),
            discarded_speculations=pl.col("discarded_speculations").fill_null(0),
        )
        .with_columns(
            transcript=pl.when(pl.col("edited")).then("edit").otherwise("heard"),
            low_confidence=low_confidence_after_edit(pl.col("unsure"), edited=pl.col("edited")),
            response_ms=pl.when(pl.col("response_ms").is_not_null() & ~pl.col("implausible")).then(
                pl.max_horizontal("response_ms", "sent_ms")
            ),
        )
        .with_columns(
            within_target=pl.when((pl.col("mode") == "voice") & ~pl.col("implausible")).then(
                shown_in_time.fill_null(value=False)
            ),
        )
    )


def _implausible() -> pl.Expr:
    """Return `pilot.turns.plausible_response_ms` as an expression: whether a claimed time cannot be true."""
    claimed = pl.col("response_ms")
    early = claimed < pl.col("sent_ms") - CLOCKS_APART_MS
    return claimed.is_not_null() & (~claimed.is_between(0, LONGEST_RESPONSE_MS) | early.fill_null(value=False))
