"""The table that says what of each business day went because its time was over."""

from __future__ import annotations

from pilot.columns import DAY, Column, Table

RETENTION = Table(
    "retention",
    "One kind of what guests leave, of one business day: when its time was over, and how much of it was removed.",
    ("kind",),
    (
        DAY,
        Column("kind", "text", "audio, words or devices."),
        Column("kept_days", "integer", "For how many days it was to be kept.", "days"),
        Column("removed_at", "moment", "When no page and no table held it any more."),
        Column("gone_at", "moment", "When every file, old versions included, was searched in vain.", required=False),
        Column("landing_lines", "integer", "Lines of the landing that were emptied or taken out.", "lines"),
        Column("lake_rows", "integer", "Rows of the lake that were emptied or taken out.", "rows"),
        Column("store_rows", "integer", "Rows of the store that were emptied.", "rows"),
        Column("files", "integer", "Files that were deleted or replaced.", "files"),
    ),
)
