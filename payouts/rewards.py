"""The reward that a score would earn by the pilot's tiers, in öre; `payouts.deciding` decides."""

from __future__ import annotations

from pilot.cafes import Pilot
from pilot.identifiers import derived_identifier

VOUCHER_DAYS = 90  # the validity of a voucher


def reward_id(secret: bytes, session_id: str) -> str:
    """Return the identifier of a session's reward: the same in every copy of the store.

    Args:
        secret: The installation's key.
        session_id: The session.
    """
    return derived_identifier(secret=secret, purpose="reward", subject=session_id)


def prospective_reward_ore(pilot: Pilot, *, score: int | None, eligible: bool | None) -> int:
    """Return the reward that a session would earn now; 0 for none or while it is unknown.

    Args:
        pilot: The pilot with its tiers.
        score: 0 to 100; None before it is scored.
        eligible: Whether it has no signal against it; a held session earns nothing, whatever its score.
    """
    return pilot.reward_ore(score) if score is not None and eligible else 0


def smallest_reward_ore(pilot: Pilot) -> int:
    """Return the lowest tier's reward, which the first screen may promise for useful answers."""
    return pilot.reward_tiers[0].amount_ore
