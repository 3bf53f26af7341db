"""The lake's tables about money: copies of what the store has decided, for figures and pages."""

from __future__ import annotations

from pilot.columns import CAFE, DAY, SESSION, SIMULATED, Column, Table

REWARDS = Table(
    "rewards",
    "One completed session with the decision on its reward, as it was made once in the store.",
    ("session_id",),
    (
        DAY,
        SESSION,
        CAFE,
        SIMULATED,
        Column("outcome", "text", "eligible, held (a person decides) or declined, as decided."),
        Column("reason", "text", "Why it is held or declined; empty where it is eligible."),
        Column("released", "boolean", "What a person ruled on a held one; empty before.", required=False),
        Column("score", "integer", "The score as it was when decided.", "points, 0-100"),
        Column("counted_score", "integer", "What it counted as after the signals' caps.", "points, 0-100"),
        Column("amount_ore", "integer", "The reward; 0 where it was declined.", "öre"),
        Column("held_until", "moment", "Until when the guest has an answer.", required=False),
        Column("rubric_version", "text", "Version of the rubric that the score is by."),
        Column("scorer_version", "text", "Version of the scorer."),
        Column("decided_by", "text", "assets or watch."),
        Column("decided_at", "moment", "When it was decided."),
    ),
)

REWARD_PARITY = Table(
    "reward_parity",
    "One reward that the watch decided in the assets' place, held against what the assets know of its session.",
    ("session_id",),
    (
        DAY,
        SESSION,
        CAFE,
        SIMULATED,
        Column("score", "integer", "The score that the watch decided by.", "points, 0-100"),
        Column(
            "score_now",
            "integer",
            "The assets' score; null where it is not there.",
            "points, 0-100",
            required=False,
        ),
        Column("counted_score", "integer", "What the score counted as for the watch.", "points, 0-100"),
        Column("counted_now", "integer", "What it counts as for the assets.", "points, 0-100", required=False),
        Column("same", "boolean", "Whether both paths agree."),
    ),
)
