"""The tables that the pilot is decided by: figures over its days, with intervals, and what they rest on."""

from __future__ import annotations

from pilot.columns import SIMULATED, Column, Table
from pilot.kpis import KPIS

ALL_CAFES = "all"

REPORT_DAY = Column("day", "day", "The last business day (Stockholm) that it looks at.")
CAFE_OR_ALL = Column("cafe", "text", "The café's id; all for the cafés together.")
FIRST_DAY = Column("first_day", "day", "The first business day that it looks at.")

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
        Column("days_left_out", "integer", "Of these, days that the suites stop or have not judged.", "days"),
        Column("cafe_days", "integer", "Days of a café that the figure rests on.", "days"),
        Column(
            "unknown",
            "float",
            "What should be known and is not: café-days without a figure, or time unprobed.",
            "share",
        ),
        Column("numerator", "float", "What counts towards it.", required=False),
        Column("denominator", "float", "What it is counted among.", required=False),
        Column("value", "float", "The metric: a share, or seconds for voice_response.", required=False),
        Column("low", "float", "Lower end of the 95 % interval.", required=False),
        Column("high", "float", "Upper end of the 95 % interval.", required=False),
        Column("interval", "text", "clustered (by café and day), one_day (within it only) or census.", required=False),
        Column("design_effect", "float", "How many times the variance is that of independent trials.", required=False),
        Column("outside_planned", "float", "Uptime with planned maintenance left out.", "share", required=False),
        Column("target", "float", "The target."),
        Column("verdict", "text", "met, missed, cannot_tell or missing."),
        Column("why", "text", "Codes of why it has no verdict or no value, by commas.", required=False),
        Column("why_details", "json", "The figures behind why: shares 0-1, days.", required=False),
        Column("unit", "text", "share or seconds."),
        Column("as_of", "moment", "The moment up to which the day is judged."),
    ),
)

BUSINESS_IMPACT = Table(
    "business_impact",
    "One figure of one café, or of all together: over the pilot's days, in its first weeks, and in its last ones.",
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
        Column("subject", "text", "The theme that it is about; all where it is about none."),
        Column("unit", "text", "share, feedbacks, points or öre."),
        FIRST_DAY,
        Column("cafe_days", "integer", "Days of a café that it rests on.", "days"),
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
        Column("as_of", "moment", "The moment up to which the day is judged."),
    ),
)

CAPACITY_PLAN = Table(
    "capacity_plan",
    "One café, or all together, against what it may use: sessions at the peak, the trial's limit, storage.",
    ("cafe", "simulated"),
    (
        REPORT_DAY,
        CAFE_OR_ALL,
        SIMULATED,
        FIRST_DAY,
        Column("days", "integer", "Days looked at, at most the last 28.", "days"),
        Column("sessions", "integer", "Sessions started in these days.", "sessions"),
        Column("busiest_hour", "moment", "The hour in which most were started.", required=False),
        Column("busiest_hour_sessions", "integer", "Sessions started in it.", "sessions"),
        Column("most_at_once", "integer", "The most sessions under way at one moment.", "sessions"),
        Column(
            "measured_at_once",
            "integer",
            "Sessions at once that the last load tests bore within the target.",
            "sessions",
            required=False,
        ),
        Column("headroom", "float", "Measured sessions at once by the most seen.", "times", required=False),
        Column(
            "cafes_a_server",
            "integer",
            "Cafés as busy as the busiest that one such server bears.",
            "cafés",
            required=False,
        ),
        Column("expected_low", "integer", "Feedbacks a day that the café expects at least.", "feedbacks"),
        Column("expected_high", "integer", "Feedbacks a day that it expects at most.", "feedbacks"),
        Column("feedbacks_a_day", "float", "Feedbacks sent a day, over the last 7 days.", "feedbacks"),
        Column("trial_limit", "integer", "Rewarded feedbacks that the trial allows.", "feedbacks"),
        Column("trial_used", "integer", "Feedbacks sent since the first day of the pilot.", "feedbacks"),
        Column(
            "days_left",
            "float",
            "Days until the limit at the last days' volume; null where nobody comes.",
            "days",
            required=False,
        ),
        Column("days_left_expected", "float", "Days until the limit at the middle of what is expected.", "days"),
        Column(
            "bytes_a_day",
            "float",
            "What a day adds to the landing and the lake; in the row of all cafés.",
            "bytes",
            required=False,
        ),
        Column("bytes_a_feedback", "float", "Of this, a feedback's share.", "bytes", required=False),
        Column("bytes_in_90_days", "float", "What 90 more such days add.", "bytes", required=False),
        Column("as_of", "moment", "The moment up to which the day is judged."),
    ),
)
