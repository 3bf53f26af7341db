"""The limits above which a batch of payouts needs a person's approval."""

from __future__ import annotations

from pilot.money import ORE_PER_KRONA
from pilot.settings import Settings
from storage.store.payouts.batches import Limits

# At 1 000 kr a year, employer's contributions become due on the whole sum (SAL 2 kap. 14 §).
YEARLY_KRONOR = 999


def limits(settings: Settings) -> Limits:
    """Return the limits from the settings."""
    return Limits(approval_ore=settings.payout_approval_kr * ORE_PER_KRONA, yearly_ore=YEARLY_KRONOR * ORE_PER_KRONA)
