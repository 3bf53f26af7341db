"""Raw events made ready: each once, in the order of their session, with the fields of their data as columns."""

from __future__ import annotations

import polars as pl

EPOCH_STRIDE = 2**32  # more events than any epoch holds: epoch and seq as one number that orders a session

PROBE = "probe"


def customer_events(raw_events: pl.DataFrame) -> pl.LazyFrame:
    """Return the events of customers' sessions, each once and in order, with `order` as a column.

    Every event of a session carries the session's café, and `simulated` where any of them does: a session of which
    one event is simulated is never counted as real.
    """
    ordered = (
        raw_events.lazy()
        .filter(pl.col("event") != PROBE)
        .select("day", "event_id", "event", "at", "session_id", "cafe", "epoch", "seq", "simulated", "data")
        .unique(subset="event_id", keep="any")
        .with_columns(order=pl.col("epoch") * EPOCH_STRIDE + pl.col("seq"))
        .sort("session_id", "order", "at", "event_id")
        .drop("event_id")
        .collect()  # once: every part of a table starts from it
        .lazy()
    )
    whole = ordered.group_by("session_id").agg(pl.col("simulated").any(), pl.col("cafe", "day").first())
    return ordered.drop("simulated", "cafe", "day").join(whole, on="session_id", how="left", maintain_order="left")


def named(events: pl.LazyFrame, *names: str) -> pl.LazyFrame:
    """Return only the events with these names."""
    return events.filter(pl.col("event").is_in(names))


def text(field: str) -> pl.Expr:
    """Return a field of `data` as text; a dotted path reaches inside. Empty text counts, null and missing do not."""
    return pl.col("data").str.json_path_match(f"$.{field}").alias(field.rsplit(".", 1)[-1])


def integer(field: str) -> pl.Expr:
    """Return a field of `data` as a whole number; null where it is none."""
    return text(field).cast(pl.Int64, strict=False)


def number(field: str) -> pl.Expr:
    """Return a field of `data` as a number; null where it is none, or not finite."""
    value = text(field).cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value).otherwise(None).alias(field.rsplit(".", 1)[-1])


def flag(field: str) -> pl.Expr:
    """Return a field of `data` as a truth value; null where it is none."""
    return text(field).replace_strict({"true": True, "false": False}, default=None, return_dtype=pl.Boolean)
