"""The table `sessions`: one row for each visit to the page, from opening to sending or leaving."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from pilot.lake_tables.tables import SESSIONS
from pipelines.feedback import event_columns
from pipelines.feedback.event_columns import EPOCH_STRIDE, customer_events, flag, integer, select_events, text
from pipelines.shapes import table_frame

ABANDON_AFTER_MINUTES = 15
SILENT = "silent"  # the reason of an abandonment without an event: the last event is too old

# Any of these proves that the customer pressed start, even if `session_started` never arrived.
PROOF_OF_START = (
    "session_started",
    "consent_decided",
    "microphone_result",
    "utterance_committed",
    "utterance_edited",
    "turn_failed",
    "session_completed",
)

FIELDS = {
    **{name: fields for name, fields in event_columns.FIELDS.items() if name in {*PROOF_OF_START, "page_opened"}},
    "utterance_edited": (),
    "session_abandoned": ("reason",),
    "utterance_committed": ("turn", "mode"),
    "turn_failed": ("turn",),
}


def sessions(raw_events: pl.DataFrame, *, as_of: datetime) -> pl.DataFrame:
    """Return one row for each session in `raw_events`; probes are not sessions.

    A completion counts even after an abandonment, because a session may be resumed. A started session without a
    completion is abandoned if its last epoch was abandoned, or if its last event is more than `ABANDON_AFTER_MINUTES`
    before `as_of`; otherwise it is open.

    Args:
        raw_events: Frame of RAW_EVENTS, in any order; duplicates count once.
        as_of: The moment that separates open from abandoned, aware.
    """
    events = customer_events(raw_events)
    rows = _visits(events)
    parts = (_gaps, _openings, _starts, _languages, _consents, _microphones, _commits, _failures, _completions)
    for part in (*parts, _abandonments):
        rows = rows.join(part(events), on="visit", how="left")
    return table_frame(SESSIONS, _judged(rows, as_of=as_of))


def _visits(events: pl.LazyFrame) -> pl.LazyFrame:
    return events.group_by("visit").agg(
        pl.col("session_id", "day", "cafe").first(),
        simulated=pl.col("simulated").any(),
        last_event_at=pl.col("at").max(),
        epochs=pl.col("epoch").max(),
        started=pl.col("event").is_in(PROOF_OF_START).any(),
    )


def _gaps(events: pl.LazyFrame) -> pl.LazyFrame:
    """Count events that never arrived: within an epoch `seq` counts from 0 without gaps."""
    return (
        events.group_by("visit", "epoch")
        .agg(gap=pl.col("seq").max() + 1 - pl.col("seq").n_unique())
        .group_by("visit")
        .agg(missing_events=pl.col("gap").sum())
    )


def _openings(events: pl.LazyFrame) -> pl.LazyFrame:
    return (
        select_events(events, "page_opened")
        .select("visit", "at", text("code"), text("device_hash"))
        .group_by("visit")
        .agg(
            opened_at=pl.col("at").min(),
            opened_code=pl.col("code").first(),
            opened_device=pl.col("device_hash").first(),
        )
    )


def _starts(events: pl.LazyFrame) -> pl.LazyFrame:
    return (
        select_events(events, "session_started")
        .select(
            "visit",
            "at",
            text("mode"),
            text("device_hash"),
            text("code").alias("start_code"),
            text("network_hash"),
            text("client.browser"),
            flag("client.in_app"),
        )
        .group_by("visit")
        .agg(
            pl.col("mode").first().alias("start_mode"),
            pl.col("device_hash", "start_code", "network_hash", "browser", "in_app").drop_nulls().last(),
            started_at=pl.col("at").min(),
        )
    )


def _languages(events: pl.LazyFrame) -> pl.LazyFrame:
    return (
        select_events(events, "page_opened", "session_started", "session_completed")
        .select("visit", text("language"))
        .group_by("visit")
        .agg(pl.col("language").drop_nulls().last())
    )


def _consents(events: pl.LazyFrame) -> pl.LazyFrame:
    return (
        select_events(events, "consent_decided")
        .select(
            "visit",
            flag("granted").alias("consent"),
            text("version").alias("consent_version"),
            text("device_token_hash"),
        )
        .group_by("visit")
        .agg(pl.col("consent", "consent_version", "device_token_hash").last())
    )


def _microphones(events: pl.LazyFrame) -> pl.LazyFrame:
    return (
        select_events(events, "microphone_result")
        .select("visit", text("result").alias("microphone"))
        .group_by("visit")
        .agg(pl.col("microphone").last())
    )


def _commits(events: pl.LazyFrame) -> pl.LazyFrame:
    return (
        select_events(events, "utterance_committed")
        .select("visit", "at", integer("turn"), text("mode"))
        .drop_nulls("turn")
        .group_by("visit")
        .agg(
            first_turn_at=pl.col("at").min(),
            turns=pl.col("turn").n_unique(),
            turn_modes=pl.col("mode").drop_nulls().n_unique(),
        )
    )


def _failures(events: pl.LazyFrame) -> pl.LazyFrame:
    outcomes = select_events(events, "utterance_committed", "turn_failed").select("visit", "event", integer("turn"))
    committed = outcomes.filter(pl.col("event") == "utterance_committed")
    return (
        outcomes.filter(pl.col("event") == "turn_failed")
        .drop_nulls("turn")
        .join(committed, on=["visit", "turn"], how="anti")
        .group_by("visit")
        .agg(failed_turns=pl.col("turn").n_unique())
    )


def _completions(events: pl.LazyFrame) -> pl.LazyFrame:
    """Return the first completion: the customer has its receipt and reference."""
    return (
        select_events(events, "session_completed")
        .select("visit", "at", text("reference"), text("receipt_hash"), integer("preliminary_score"))
        .group_by("visit")
        .agg(
            pl.col("reference", "receipt_hash", "preliminary_score").first(),
            completed_at=pl.col("at").first(),
        )
    )


def _abandonments(events: pl.LazyFrame) -> pl.LazyFrame:
    return (
        select_events(events, "session_abandoned")
        .select("visit", "order", text("reason"))
        .group_by("visit")
        .agg(
            pl.col("reason").last(),
            abandoned_epoch=pl.col("order").last() // EPOCH_STRIDE,
        )
    )


def _judged(rows: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    said_so = pl.col("abandoned_epoch").eq_missing(pl.col("epochs"))
    too_old = pl.lit(as_of) - pl.col("last_event_at") > timedelta(minutes=ABANDON_AFTER_MINUTES)
    outcome = (
        pl.when(pl.col("completed_at").is_not_null())
        .then(pl.lit("completed"))
        .when(~pl.col("started"))
        .then(pl.lit("opened_only"))
        .when(said_so | too_old)
        .then(pl.lit("abandoned"))
        .otherwise(pl.lit("open"))
    )
    code = pl.coalesce("opened_code", pl.when(pl.col("start_code") != "").then("start_code"))
    # An expired hash is empty: treat it as no device, not as one device that many sessions share.
    device = pl.coalesce(pl.when(pl.col(name) != "").then(name) for name in ("device_hash", "opened_device"))
    return rows.with_columns(
        outcome=outcome,
        code=code,
        device_hash=device,
        network_hash=pl.when(pl.col("network_hash") != "").then("network_hash"),
        mode=pl.when(pl.col("turn_modes") > 1).then(pl.lit("mixed")).otherwise("start_mode"),
        turns=pl.col("turns").fill_null(0),
        failed_turns=pl.col("failed_turns").fill_null(0),
        # Rounded, because Polars divides rows by a number or multiplies them by its inverse, as they are grouped.
        duration_s=((pl.col("last_event_at") - pl.col("started_at")).dt.total_microseconds() / 1e6).round(6),
    ).with_columns(
        abandon_reason=pl.when(pl.col("outcome") == "abandoned").then(
            pl.when(said_so).then("reason").otherwise(pl.lit(SILENT))
        ),
    )
