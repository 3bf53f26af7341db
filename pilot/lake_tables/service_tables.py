"""The lake's table of probes: the results from which uptime and outages are counted."""

from __future__ import annotations

from pilot.lake_tables.columns import CAFE, DAY, SIMULATED, Column, Table

PROBES = Table(
    "probes",
    "One result of one probe for one café; cafés that share a result have a row each.",
    ("event_id", "cafe"),
    (
        DAY,
        Column("event_id", "text", "The event, a UUIDv7; the same for the cafés that share the result."),
        Column("at", "moment", "When the target was probed."),
        CAFE,
        SIMULATED,
        Column("edge", "text", "The prober, or the edge that recorded its own silence."),
        Column("target", "text", "The probed target."),
        Column("ok", "boolean", "Whether it answered as expected."),
        Column("status", "integer", "The HTTP status; empty without an answer.", required=False),
        Column("duration_ms", "float", "The time until the answer.", "ms"),
        Column("every_seconds", "integer", "The time that the probe represents.", "seconds"),
        Column("failure", "text", "How it failed; empty text if it did not, or the cause is unknown."),
    ),
)
