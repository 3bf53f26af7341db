"""What a batch of payouts may hold without a person."""

from __future__ import annotations

from pilot.money import ORE_PER_KRONA
from pilot.settings import Settings
from storage.store.payouts.batches import Limits

# From 1 000 kr a year on, employer's contributions are due on the whole sum (SAL 2 kap. 14 §).
YEARLY_KRONOR = 999


def limits(settings: Settings) -> Limits:
    """Return the limits that the settings ask for."""
    return Limits(approval_ore=settings.payout_approval_kr * ORE_PER_KRONA, yearly_ore=YEARLY_KRONOR * ORE_PER_KRONA)
