"""The lake's tables of themes, voice latency, volume anomalies, quality verdicts and quarantine."""

from __future__ import annotations

from pilot.lake_tables.columns import CAFE, DAY, SIMULATED, Column, Table

THEMES = Table(
    "themes",
    "One theme of one café on one business day: how often guests made a claim about it, and its trend.",
    ("cafe", "simulated", "theme"),
    (
        DAY,
        CAFE,
        SIMULATED,
        Column("theme", "text", "coffee, food, service, queue, ...: the scorer's aspects."),
        Column("feedbacks", "integer", "All feedbacks of the café on the day.", "feedbacks"),
        Column("mentions", "integer", "Feedbacks of the day that make a claim about the theme.", "feedbacks"),
        Column("positive", "integer", "Of these, those that speak well of it.", "feedbacks"),
        Column("negative", "integer", "Of these, those that complain of it.", "feedbacks"),
        Column("mixed", "integer", "Of these, those that do both.", "feedbacks"),
        Column("polarity", "float", "Positive less negative, among the mentions.", "-1 (all bad) to 1", required=False),
        Column("recent_feedbacks", "integer", "Feedbacks of the last 7 days, this one included.", "feedbacks"),
        Column("recent_mentions", "integer", "Of these, those about the theme.", "feedbacks"),
        Column("earlier_feedbacks", "integer", "Feedbacks of the 21 days before those.", "feedbacks"),
        Column("earlier_mentions", "integer", "Of these, those about the theme.", "feedbacks"),
        Column(
            "trend", "text", "rising, falling, steady or too_few: its recent share compared with its earlier share."
        ),
    ),
)

VOICE_LATENCY = Table(
    "voice_latency",
    "One stage between a guest's last voiced sample and the answer, over a café's voice turns of a day.",
    ("cafe", "simulated", "author", "stage"),
    (
        DAY,
        CAFE,
        SIMULATED,
        Column("author", "text", "The author of the answer: scripted or ollama; none without an answer."),
        Column(
            "stage",
            "text",
            "soft_end, recognition_start, recognition_end, commit, first_token, sent or shown, in order.",
        ),
        Column("turns", "integer", "Voice turns of this author.", "turns"),
        Column("measured", "integer", "Of these, turns that reached and marked the stage.", "turns"),
        Column("p50_ms", "float", "Median from the end of speech to the stage.", "ms", required=False),
        Column("p95_ms", "float", "95th percentile from the end of speech to the stage.", "ms", required=False),
        Column("longest_ms", "float", "The longest from the end of speech to the stage.", "ms", required=False),
        Column("within_2s", "integer", "Turns that reached the stage within 2 s.", "turns"),
        Column("within_3s", "integer", "Turns that reached the stage within 3 s.", "turns"),
    ),
)

VOLUME_ANOMALIES = Table(
    "volume_anomalies",
    "One open hour of one café: its feedback, the expected feedback, and whether the difference is an anomaly.",
    ("cafe", "simulated", "starts_at"),
    (
        DAY,
        CAFE,
        SIMULATED,
        Column("starts_at", "moment", "When the hour begins; the hour that autumn's clock repeats has two rows."),
        Column("hour", "integer", "The hour on Stockholm's clock.", "0-23"),
        Column("open_minutes", "float", "Minutes of the hour, so far, within the opening hours.", "minutes"),
        Column(
            "away_minutes",
            "float",
            "Of these, minutes in which no guest could speak: outage, maintenance, pause or a trial that is full.",
            "minutes",
        ),
        Column("weight", "float", "The remaining minutes, those of a peak counted four times.", "weighted minutes"),
        Column(
            "feedbacks",
            "integer",
            "Feedbacks sent in the hour; the last hour includes those sent just after closing.",
            "feedbacks",
        ),
        Column("expected", "float", "Feedbacks expected in those minutes.", "feedbacks"),
        Column(
            "expected_low",
            "float",
            "The same for a day at the lower end of the band or of the usual days.",
            "feedbacks",
        ),
        Column("expected_high", "float", "The same for a day at their upper end.", "feedbacks"),
        Column("basis", "text", "The source of the expectation: band (cafes.toml) or history (days of the same kind)."),
        Column("settled", "boolean", "Whether the hour is over and its feedback has had time to arrive."),
        Column(
            "since",
            "moment",
            "First hour of the most surprising stretch that ends with this hour.",
            required=False,
        ),
        Column(
            "surprise",
            "float",
            "The probability of a stretch as rare as this one, corrected for all stretches tested.",
            "0-1",
            required=False,
        ),
        Column("verdict", "text", "none, low, high or too_little_open (under 15 minutes of data)."),
        Column("as_of", "moment", "The moment up to which the day is counted."),
    ),
)

QUALITY_VERDICTS = Table(
    "quality_verdicts",
    "One expectation of one table on one business day: whether it holds, and how many rows violate it.",
    ("table_name", "expectation"),
    (
        DAY,
        Column("table_name", "text", "The table checked."),
        Column("expectation", "text", "The expectation's code, its arguments after colons."),
        Column(
            "severity", "text", "stop (nothing is paid or reported from the day) or warn, also if few rows violate it."
        ),
        Column("passed", "boolean", "Whether it holds."),
        Column("rows", "integer", "Rows of the table on the day.", "rows"),
        Column(
            "breaking",
            "integer",
            "Rows that violate it; empty for expectations about the whole table.",
            "rows",
            required=False,
        ),
        Column("table_version", "integer", "The table's version checked.", required=False),
        Column("judged_at", "moment", "When it was checked."),
    ),
)

WHOLE_ROW = "whole_row"  # the reason if the expectation is not about a single column

QUARANTINE = Table(
    "quarantine",
    "One row of one table that violates one expectation: set apart for a person, never paid, without a guest's words.",
    ("table_name", "row_key", "expectation"),
    (
        DAY,
        Column("table_name", "text", "The row's table."),
        Column("cafe", "text", "The café's id.", required=False),
        Column("simulated", "boolean", "Whether a simulator or a test client made the row.", required=False),
        Column(
            "row_key", "text", "The row's key, its parts joined by a space; parts that are not identifiers are masked."
        ),
        Column("expectation", "text", "The violated expectation."),
        Column("severity", "text", "stop (nothing is paid for the row's session) or warn."),
        Column("reason", "text", "The columns of the expectation, separated by commas, or whole_row."),
        Column("judged_at", "moment", "When it was checked."),
        Column("session_id", "text", "The row's session; empty if it names none.", required=False),
    ),
)
