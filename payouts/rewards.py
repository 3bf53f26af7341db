"""What a score would earn: the pilot's reward tiers, in öre. A decision is made elsewhere and once; this only says."""

from __future__ import annotations

from pilot.cafes import Pilot

VOUCHER_DAYS = 90  # how long a voucher can be redeemed


def prospective_reward_ore(pilot: Pilot, *, score: int | None, eligible: bool | None) -> int:
    """Return what a session would earn as things stand; 0 where it would earn nothing or nobody knows yet.

    Args:
        pilot: Its tiers.
        score: 0 to 100; None where there is none yet.
        eligible: Whether nothing stands against it; a score above a tier does not help a session that is held.
    """
    return pilot.reward_ore(score) if score is not None and eligible else 0


def smallest_reward_ore(pilot: Pilot) -> int:
    """Return the reward that the first screen may promise to useful answers: the lowest tier's."""
    return pilot.reward_tiers[0].amount_ore
