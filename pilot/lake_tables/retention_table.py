"""The lake's retention table: the data of each business day that expired and was removed."""

from __future__ import annotations

from pilot.lake_tables.columns import DAY, Column, Table

RETENTION = Table(
    "retention",
    "One kind of guest data of one business day: when it expired, and how much was removed.",
    ("kind",),
    (
        DAY,
        Column("kind", "text", "audio, words or devices."),
        Column("kept_days", "integer", "Its retention period.", "days"),
        Column("removed_at", "moment", "When the last page and table lost it."),
        Column(
            "gone_at", "moment", "When a search of every file, old versions included, found nothing.", required=False
        ),
        Column("landing_lines", "integer", "Lines of the landing that were emptied or removed.", "lines"),
        Column("lake_rows", "integer", "Rows of the lake that were emptied or removed.", "rows"),
        Column("store_rows", "integer", "Rows of the store that were emptied.", "rows"),
        Column("files", "integer", "Files that were deleted or replaced.", "files"),
    ),
)
