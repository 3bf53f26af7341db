"""The lake's report tables, on which the pilot is decided: metrics over all its days, with intervals."""

from __future__ import annotations

from pilot.kpis import KPIS
from pilot.lake_tables.columns import SIMULATED, Column, Table

ALL_CAFES = "all"

REPORT_DAY = Column("day", "day", "The last business day (Stockholm) covered.")
CAFE_OR_ALL = Column("cafe", "text", "The café's id; all for the cafés together.")
FIRST_DAY = Column("first_day", "day", "The first business day covered.")

PILOT_REPORT = Table(
    "pilot_report",
    "One success metric of one café, or of all together, over the pilot's days up to this one, with its verdict.",
    ("cafe", "simulated", "kpi"),
    (
        REPORT_DAY,
        CAFE_OR_ALL,
        SIMULATED,
        Column("kpi", "text", f"{', '.join(KPIS)}."),
        FIRST_DAY,
        Column("days", "integer", "Business days from the first to the last.", "days"),
        Column("days_left_out", "integer", "Of these, days that the suites stop or have not checked.", "days"),
        Column("cafe_days", "integer", "Days of a café behind the figure.", "days"),
        Column(
            "unknown",
            "float",
            "The share that is missing: café-days without a figure, or time unprobed.",
            "share",
        ),
        Column("numerator", "float", "What counts towards it.", required=False),
        Column("denominator", "float", "What it is counted among.", required=False),
        Column("value", "float", "The metric: a share, or seconds for voice_response.", required=False),
        Column("low", "float", "Lower end of the 95 % interval.", required=False),
        Column("high", "float", "Upper end of the 95 % interval.", required=False),
        Column(
            "interval",
            "text",
            "clustered (by café and day, on the planned look), anytime (the same, holds at every look before it), "
            "one_day (within it only) or census.",
            required=False,
        ),
        Column("design_effect", "float", "How many times the variance is that of independent trials.", required=False),
        Column("outside_planned", "float", "Uptime with planned maintenance left out.", "share", required=False),
        Column("target", "float", "The target."),
        Column("verdict", "text", "met, missed, cannot_tell or missing."),
        Column("why", "text", "Codes of why it has no verdict or no value, separated by commas.", required=False),
        Column("why_details", "json", "The figures behind why: shares 0-1, days.", required=False),
        Column("unit", "text", "share or seconds."),
        Column("as_of", "moment", "The moment up to which the day is counted."),
    ),
)

BUSINESS_IMPACT = Table(
    "business_impact",
    "One figure of one café, or of all together: over all days, in the first weeks, and in the last weeks.",
    ("cafe", "simulated", "figure", "subject"),
    (
        REPORT_DAY,
        CAFE_OR_ALL,
        SIMULATED,
        Column(
            "figure",
            "text",
            "participation, completion, feedbacks_a_day, score, useful, reward_per_feedback, reward_per_useful, "
            "theme or complaints.",
        ),
        Column("subject", "text", "The theme, or all for figures without one."),
        Column("unit", "text", "share, feedbacks, points or öre."),
        FIRST_DAY,
        Column("cafe_days", "integer", "Days of a café behind the figure.", "days"),
        Column("numerator", "float", "What counts towards it, over all its days."),
        Column("denominator", "float", "What it is counted among."),
        Column("value", "float", "The numerator by the denominator.", required=False),
        Column("before_to", "day", "Last day of the first weeks; they begin on the first day.", required=False),
        Column("before", "float", "The figure in the first weeks.", required=False),
        Column("after_from", "day", "First day of the last weeks; they end on the day.", required=False),
        Column("after", "float", "The figure in the last weeks.", required=False),
        Column("difference", "float", "The last weeks' figure less the first weeks'.", required=False),
        Column("low", "float", "Lower end of the difference's interval, clustered by café and day.", required=False),
        Column("high", "float", "Upper end of the difference's interval.", required=False),
        Column("change", "text", "rose, fell, no_change_seen, too_few or too_early (less than two weeks)."),
        Column("as_of", "moment", "The moment up to which the day is counted."),
    ),
)

CAPACITY_PLAN = Table(
    "capacity_plan",
    "One café's load, or that of all together, against its limits: sessions at the peak, the trial, storage.",
    ("cafe", "simulated"),
    (
        REPORT_DAY,
        CAFE_OR_ALL,
        SIMULATED,
        FIRST_DAY,
        Column("days", "integer", "Days covered, at most the last 28.", "days"),
        Column("sessions", "integer", "Sessions started in these days.", "sessions"),
        Column("busiest_hour", "moment", "The hour in which most were started.", required=False),
        Column("busiest_hour_sessions", "integer", "Sessions started in it.", "sessions"),
        Column("most_at_once", "integer", "The most concurrent sessions.", "sessions"),
        Column(
            "measured_at_once",
            "integer",
            "Concurrent sessions that the last load tests sustained within the target.",
            "sessions",
            required=False,
        ),
        Column("headroom", "float", "Measured concurrent sessions divided by the most seen.", "times", required=False),
        Column(
            "cafes_a_server",
            "integer",
            "Cafés as busy as the busiest that one such server sustains.",
            "cafés",
            required=False,
        ),
        Column("expected_low", "integer", "Lower end of the feedbacks a day that the café expects.", "feedbacks"),
        Column("expected_high", "integer", "Upper end of the feedbacks a day that it expects.", "feedbacks"),
        Column("feedbacks_a_day", "float", "Feedbacks sent a day, over the last 7 days.", "feedbacks"),
        Column("trial_limit", "integer", "Rewarded feedbacks that the trial allows.", "feedbacks"),
        Column("trial_used", "integer", "Feedbacks sent since the first day of the pilot.", "feedbacks"),
        Column(
            "days_left",
            "float",
            "Days until the limit at the recent volume; null if there is none.",
            "days",
            required=False,
        ),
        Column("days_left_expected", "float", "Days until the limit at the middle of the expected volume.", "days"),
        Column(
            "bytes_a_day",
            "float",
            "Bytes that a day adds to the landing and the lake; only in the row of all cafés.",
            "bytes",
            required=False,
        ),
        Column("bytes_a_feedback", "float", "The same, for each feedback.", "bytes", required=False),
        Column("bytes_in_90_days", "float", "Bytes that 90 more such days add.", "bytes", required=False),
        Column("as_of", "moment", "The moment up to which the day is counted."),
    ),
)
