"""Raw events, deduplicated, in their session's order, with their data's fields as columns."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

EPOCH_STRIDE = 2**32  # more events than any epoch holds: epoch and seq as one number that orders a session

PROBE = "probe"


# The fields of each event's `data` that the tables use. The lake can extract them while reading (`Lake.event_parts`),
# many times faster than here; a frame with `data` itself is extracted here, with the same result.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "page_opened": ("code", "language", "device_hash"),
    "session_started": ("mode", "language", "device_hash", "code", "client.browser", "client.in_app"),
    "consent_decided": ("granted", "version", "device_token_hash"),
    "microphone_result": ("result",),
    "utterance_committed": (
        *("turn", "revision", "mode", "language", "transcript", "confidence", "low_confidence"),
        *("speech_samples", "discarded_speculations", "question"),
    ),
    "utterance_edited": ("turn", "transcript"),
    "reply_sent": (
        *("turn", "text", "author", "purpose", "marks.soft_end", "marks.recognition_start", "marks.recognition_end"),
        *("marks.commit", "marks.first_token", "marks.sent"),
    ),
    "reply_shown": ("turn", "response_ms"),
    "turn_failed": ("turn", "reason", "mode"),
    "session_completed": ("language", "reference", "receipt_hash", "preliminary_score"),
    "session_abandoned": ("reason",),
    PROBE: ("target", "ok", "every_seconds"),
}
TAKEN = "data."  # the prefix of a field's name as a column


def customer_events(raw_events: pl.DataFrame) -> pl.LazyFrame:
    """Return the events of customers' sessions, each once and in order, with `order` as a column.

    Every event of a session carries the session's café, and `simulated` where any of them does: a session of which
    one event is simulated is never counted as real. `visit` numbers the sessions: it is grouped and joined by faster
    than a session's identifier.
    """
    events = raw_events.lazy().filter(pl.col("event") != PROBE)
    if "data" in raw_events.columns:
        events = (
            events.select("day", "event_id", "event", "at", "session_id", "cafe", "epoch", "seq", "simulated", "data")
            .unique(subset="event_id", keep="any")
            .sort("session_id", "epoch", "seq", "at", "event_id")
            .drop("event_id")
        )
    return (
        events.with_columns(order=pl.col("epoch") * EPOCH_STRIDE + pl.col("seq"), visit=pl.col("session_id").rle_id())
        .collect()  # once: every part of a table starts from it
        .lazy()
    )


def whole_visits(events: pl.LazyFrame) -> pl.LazyFrame:
    """Return a row for each visit: its session, day and café, and whether any of its events is simulated."""
    return events.group_by("visit").agg(
        pl.col("session_id", "day", "cafe").first(), simulated=pl.col("simulated").any()
    )


def named(events: pl.LazyFrame, *names: str) -> pl.LazyFrame:
    """Return only the events with these names, their fields as columns."""
    found = events.filter(pl.col("event").is_in(names))
    if "data" not in events.collect_schema().names():
        return found
    fields = dict.fromkeys(field for name in names for field in FIELDS[name])
    return found.with_columns(pl.col("data").str.json_path_match(f"$.{field}").alias(TAKEN + field) for field in fields)


def text(field: str) -> pl.Expr:
    """Return a field of `named` events as text, by dotted path; empty text counts, null does not."""
    return pl.col(TAKEN + field).alias(field.rsplit(".", 1)[-1])


def integer(field: str) -> pl.Expr:
    """Return a field of `data` as a whole number; null if it is none."""
    return text(field).cast(pl.Int64, strict=False)


def number(field: str) -> pl.Expr:
    """Return a field of `data` as a number; null if it is none, or not finite."""
    value = text(field).cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value).otherwise(None).alias(field.rsplit(".", 1)[-1])


def flag(field: str) -> pl.Expr:
    """Return a field of `data` as a truth value; null if it is none."""
    return text(field).replace_strict({"true": True, "false": False}, default=None, return_dtype=pl.Boolean)
