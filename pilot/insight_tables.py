"""The tables that explain: themes, stages of an answer, how much feedback was to be expected, what the suites say."""

from __future__ import annotations

from pilot.columns import CAFE, DAY, SIMULATED, Column, Table

THEMES = Table(
    "themes",
    "One theme of one café on one business day: how often guests made a claim about it, and where it is heading.",
    ("cafe", "simulated", "theme"),
    (
        DAY,
        CAFE,
        SIMULATED,
        Column("theme", "text", "coffee, food, service, queue, ...: the scorer's aspects."),
        Column("feedbacks", "integer", "The café's feedbacks of the day, whatever they are about.", "feedbacks"),
        Column("mentions", "integer", "Feedbacks of the day that make a claim about the theme.", "feedbacks"),
        Column("positive", "integer", "Of these, those that speak well of it.", "feedbacks"),
        Column("negative", "integer", "Of these, those that complain of it.", "feedbacks"),
        Column("mixed", "integer", "Of these, those that do both.", "feedbacks"),
        Column("polarity", "float", "Positive less negative, among the mentions.", "-1 (all bad) to 1", required=False),
        Column("recent_feedbacks", "integer", "Feedbacks of the last 7 days, this one included.", "feedbacks"),
        Column("recent_mentions", "integer", "Of these, those about the theme.", "feedbacks"),
        Column("earlier_feedbacks", "integer", "Feedbacks of the 21 days before those.", "feedbacks"),
        Column("earlier_mentions", "integer", "Of these, those about the theme.", "feedbacks"),
        Column("trend", "text", "rising, falling, steady or too_few: its share lately against its share before."),
    ),
)

VOICE_LATENCY = Table(
    "voice_latency",
    "One stage on the way from a guest's last voiced sample to the answer, over a café's voice turns of a day.",
    ("cafe", "simulated", "author", "stage"),
    (
        DAY,
        CAFE,
        SIMULATED,
        Column("author", "text", "Who answered: scripted or ollama; none where nobody did."),
        Column(
            "stage",
            "text",
            "soft_end, recognition_start, recognition_end, commit, first_token, sent or shown, in order.",
        ),
        Column("turns", "integer", "Voice turns of this author.", "turns"),
        Column("measured", "integer", "Of these, those in which the stage was reached and marked.", "turns"),
        Column("p50_ms", "float", "Median from the end of speech to the stage.", "ms", required=False),
        Column("p95_ms", "float", "95 of 100 from the end of speech to the stage.", "ms", required=False),
        Column("longest_ms", "float", "The longest from the end of speech to the stage.", "ms", required=False),
        Column("within_2s", "integer", "Turns that reached the stage within 2 s.", "turns"),
        Column("within_3s", "integer", "Turns that reached the stage within 3 s.", "turns"),
    ),
)

VOLUME_ANOMALIES = Table(
    "volume_anomalies",
    "One open hour of one café: the feedback that came, what was to be expected, and whether that is an anomaly.",
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
        Column("weight", "float", "The other minutes, those of a peak counted four times.", "weighted minutes"),
        Column(
            "feedbacks",
            "integer",
            "Feedbacks sent in the hour; the last one has those sent just after closing.",
            "feedbacks",
        ),
        Column("expected", "float", "Feedbacks to be expected of those minutes.", "feedbacks"),
        Column("expected_low", "float", "The same on a day at the band's, or the usual days', lower end.", "feedbacks"),
        Column("expected_high", "float", "The same on a day at their upper end.", "feedbacks"),
        Column("basis", "text", "What it was expected from: band (cafes.toml) or history (days of the same kind)."),
        Column("settled", "boolean", "Whether the hour is over and its feedback has had time to arrive."),
        Column(
            "since",
            "moment",
            "The first hour of the stretch up to this one that is the most surprising.",
            required=False,
        ),
        Column(
            "surprise",
            "float",
            "The chance of something as rare as this stretch, each stretch looked at counted.",
            "0-1",
            required=False,
        ),
        Column("verdict", "text", "none, low, high or too_little_open (under 15 minutes to go by)."),
        Column("as_of", "moment", "The moment up to which the day is judged."),
    ),
)

QUALITY_VERDICTS = Table(
    "quality_verdicts",
    "One expectation of one table on one business day: whether it holds, and how many rows break it.",
    ("table_name", "expectation"),
    (
        DAY,
        Column("table_name", "text", "The table that was judged."),
        Column("expectation", "text", "The expectation's code, its arguments after colons."),
        Column("severity", "text", "stop (nothing is paid or reported from the day) or warn."),
        Column("passed", "boolean", "Whether it holds."),
        Column("rows", "integer", "Rows of the table on the day.", "rows"),
        Column("breaking", "integer", "Rows that break it; empty for what is about the whole.", "rows", required=False),
        Column("table_version", "integer", "The table's version that was judged.", required=False),
        Column("judged_at", "moment", "When it was judged."),
    ),
)

WHOLE_ROW = "whole_row"  # the reason of an expectation about no single column

QUARANTINE = Table(
    "quarantine",
    "One row of one table that breaks one expectation: set apart for a person, never paid, without a guest's words.",
    ("table_name", "row_key", "expectation"),
    (
        DAY,
        Column("table_name", "text", "The table that the row is in."),
        Column("cafe", "text", "The café's id.", required=False),
        Column("simulated", "boolean", "Whether the row is a simulator's or a test client's.", required=False),
        Column("row_key", "text", "The row's key, its parts joined by a space; what is no identifier is masked."),
        Column("expectation", "text", "The expectation that the row breaks."),
        Column("severity", "text", "stop or warn."),
        Column("reason", "text", "The columns that the expectation is about, by commas, or whole_row."),
        Column("judged_at", "moment", "When it was judged."),
    ),
)
