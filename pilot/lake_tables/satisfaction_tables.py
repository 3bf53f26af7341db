"""The lake's tables of satisfaction and of themes by daypart, small enough to read over months."""

from __future__ import annotations

from pilot.lake_tables.columns import CAFE, DAY, SIMULATED, Column, Table

DAYPART = Column("daypart", "text", "morning, lunch, afternoon or evening, by the local hour when it was sent.")

SATISFACTION = Table(
    "satisfaction",
    "One daypart of one café on one business day: how many guests were content, apart from how useful they were.",
    ("cafe", "simulated", "daypart"),
    (
        DAY,
        CAFE,
        SIMULATED,
        DAYPART,
        Column("feedbacks", "integer", "All feedbacks sent in the daypart.", "feedbacks"),
        Column("usable", "integer", "Of these, those without a signal against them.", "feedbacks"),
        Column("positive", "integer", "Of the usable, those that only praise.", "feedbacks"),
        Column("mixed", "integer", "Of the usable, those that praise and complain.", "feedbacks"),
        Column("negative", "integer", "Of the usable, those that only complain.", "feedbacks"),
        Column("neutral", "integer", "Of the usable, those that judge nothing.", "feedbacks"),
    ),
)

THEME_DAYPARTS = Table(
    "theme_dayparts",
    "One theme that usable feedback of one daypart makes a claim about, by café and business day.",
    ("cafe", "simulated", "daypart", "theme"),
    (
        DAY,
        CAFE,
        SIMULATED,
        DAYPART,
        Column("theme", "text", "coffee, food, service, queue, ...: the scorer's aspects."),
        Column("mentions", "integer", "Usable feedbacks that make a claim about the theme.", "feedbacks"),
        Column("positive", "integer", "Of these, those that speak well of it.", "feedbacks"),
        Column("mixed", "integer", "Of these, those that do both.", "feedbacks"),
        Column("negative", "integer", "Of these, those that complain of it.", "feedbacks"),
    ),
)
