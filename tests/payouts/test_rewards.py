"""A score earns its tier's reward if the session is eligible."""

from __future__ import annotations

from pathlib import Path

import pytest

from payouts.rewards import prospective_reward_ore, smallest_reward_ore
from pilot.cafes import parse_cafes

PILOT = parse_cafes((Path(__file__).parents[2] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml").pilot


@pytest.mark.parametrize(
    ("score", "eligible", "ore"),
    [
        (60, False, 0),
        (61, True, 2000),
        (76, True, 3000),
        (100, True, 4000),
        (100, False, 0),
        (None, None, 0),
        (None, True, 0),
        (80, None, 0),
    ],
)
def test_a_session_would_earn_its_tiers_reward_if_eligible(score, eligible, ore):
    assert prospective_reward_ore(PILOT, score=score, eligible=eligible) == ore


def test_the_smallest_reward_is_that_of_the_lowest_tier():
    first = PILOT.reward_tiers[0]
    assert smallest_reward_ore(PILOT) == PILOT.reward_ore(first.score_above + 1) == 2000
