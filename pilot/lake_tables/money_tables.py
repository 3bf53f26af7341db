"""The lake's tables about rewards: copies of the store's decisions, for metrics and pages."""

from __future__ import annotations

from pilot.lake_tables.columns import CAFE, DAY, SESSION, SIMULATED, Column, Table

REWARDS = Table(
    "rewards",
    "One completed session with the decision on its reward, made once in the store.",
    ("session_id",),
    (
        DAY,
        SESSION,
        CAFE,
        SIMULATED,
        Column("outcome", "text", "eligible, held (a person decides) or declined, as decided."),
        Column("reason", "text", "Why it is held or declined; empty if it is eligible."),
        Column(
            "released", "boolean", "Whether a person released a held one; empty before the decision.", required=False
        ),
        Column("score", "integer", "The score as it was when decided.", "points, 0-100"),
        Column("counted_score", "integer", "The score after the signals' caps.", "points, 0-100"),
        Column("amount_ore", "integer", "The reward; 0 if it was declined.", "öre"),
        Column("held_until", "moment", "The guest's deadline for an answer.", required=False),
        Column("rubric_version", "text", "Version of the rubric behind the score."),
        Column("scorer_version", "text", "Version of the scorer."),
        Column("decided_by", "text", "assets or watch."),
        Column("decided_at", "moment", "When it was decided."),
    ),
)

REWARD_PARITY = Table(
    "reward_parity",
    "One reward that the watch decided in the assets' place, compared with the assets' score of its session.",
    ("session_id",),
    (
        DAY,
        SESSION,
        CAFE,
        SIMULATED,
        Column("score", "integer", "The watch's score at its decision.", "points, 0-100"),
        Column(
            "score_now",
            "integer",
            "The assets' score; null if there is none.",
            "points, 0-100",
            required=False,
        ),
        Column("counted_score", "integer", "The watch's score after the caps.", "points, 0-100"),
        Column("counted_now", "integer", "The assets' score after the caps.", "points, 0-100", required=False),
        Column("same", "boolean", "Whether both paths agree."),
    ),
)
