"""Raw events, deduplicated, in their session's order, with their data's fields as columns."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

EPOCH_STRIDE = 2**32  # more than any epoch's events: makes one sort key of epoch and seq

PROBE = "probe"
SENT = "session_completed"


# The fields of each event's `data` that the tables use. `Lake.event_parts` extracts them while reading, many times
# faster than this module, which extracts them from frames with a column `data`; the result is the same.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "page_opened": ("code", "language", "device_hash"),
    "session_started": (
        *("mode", "language", "device_hash", "code", "network_hash", "client.browser", "client.in_app"),
    ),
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
    "reply_shown": ("turn", "response_ms", "implausible"),
    "turn_failed": ("turn", "reason", "mode"),
    "session_completed": ("language", "reference", "receipt_hash", "preliminary_score"),
    "session_abandoned": ("reason",),
    PROBE: ("target", "ok", "status", "duration_ms", "every_seconds", "failure", "cafes", "durations_ms"),
}
TAKEN = "data."  # the prefix of a field's name as a column


def customer_events(raw_events: pl.DataFrame) -> pl.LazyFrame:
    """Return the events of customers' sessions, deduplicated and ordered, with the column `order`.

    Events after a session's first completion are left out (`_until_sent`). Every event gets its session's café, and
    `simulated` if any event of the session has it, so that a partly simulated session never counts as real. The column
    `visit` numbers the sessions; grouping and joining by it is faster than by the session's identifier.
    """
    events = raw_events.lazy().filter(pl.col("event") != PROBE)
    if "data" in raw_events.columns:
        events = (
            events.select("day", "event_id", "event", "at", "session_id", "cafe", "epoch", "seq", "simulated", "data")
            .unique(subset="event_id", keep="any")
            .sort("session_id", "epoch", "seq", "at", "event_id")
            .drop("event_id")
        )
    numbered = events.with_columns(
        order=pl.col("epoch") * EPOCH_STRIDE + pl.col("seq"), visit=pl.col("session_id").rle_id()
    ).collect()  # once: every part of a table starts from it
    return _until_sent(numbered).lazy()


def _until_sent(events: pl.DataFrame) -> pl.DataFrame:
    """Return the events up to each session's first completion: what was sent is final.

    First is what was recorded first. Epochs do not decide it: an older snapshot, resumed after the completion on a
    replica that does not know of it, opens an earlier or the same epoch again. Within a session's own chain of
    snapshots times never decrease, whatever the replicas' clocks say.
    """
    sent = (
        events.lazy()
        .filter(pl.col("event") == SENT)
        .select("visit", sent_at="at", sent_order="order")
        .sort("visit", "sent_at", "sent_order")
        .unique("visit", keep="first", maintain_order=True)
        .collect()
    )
    after = (pl.col("at") > pl.col("sent_at")) | (
        (pl.col("at") == pl.col("sent_at")) & (pl.col("order") > pl.col("sent_order"))
    )
    late = (
        events.lazy()
        .with_row_index("row")
        .select("row", "visit", "at", "order")
        .join(sent.lazy(), on="visit", how="inner")
        .filter(after)
        .select("row")
        .collect()
    )
    if not late.height:  # As on nearly every day.
        return events
    return events.with_row_index("row").join(late, on="row", how="anti", maintain_order="left").drop("row")


def whole_visits(events: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row per visit: its session, day, café, and whether any of its events is simulated."""
    return events.group_by("visit").agg(
        pl.col("session_id", "day", "cafe").first(), simulated=pl.col("simulated").any()
    )


def select_events(events: pl.LazyFrame, *names: str) -> pl.LazyFrame:
    """Return the events with these names, their fields as columns."""
    found = events.filter(pl.col("event").is_in(names))
    if "data" not in events.collect_schema().names():
        return found
    fields = dict.fromkeys(field for name in names for field in FIELDS[name])
    return found.with_columns(pl.col("data").str.json_path_match(f"$.{field}").alias(TAKEN + field) for field in fields)


def text(field: str) -> pl.Expr:
    """Return the expression for a field of `data` as text, by dotted path; empty text is not null."""
    return pl.col(TAKEN + field).alias(field.rsplit(".", 1)[-1])


def integer(field: str) -> pl.Expr:
    """Return the expression for a field of `data` as an integer; null if it is not one."""
    return text(field).cast(pl.Int64, strict=False)


def number(field: str) -> pl.Expr:
    """Return the expression for a field of `data` as a float; null if it is not a finite number."""
    value = text(field).cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value).otherwise(None).alias(field.rsplit(".", 1)[-1])


def flag(field: str) -> pl.Expr:
    """Return the expression for a field of `data` as a boolean; null if it is not one."""
    return text(field).replace_strict({"true": True, "false": False}, default=None, return_dtype=pl.Boolean)
