"""The pilot's own account at Stripe: its country, currency and capability to transfer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from payouts.stripe.calling import CALLS_PER_SECOND, call_stripe, make_client
from payouts.stripe.configured import rail_name
from payouts.stripe.limiter import CallLimiter
from pilot.settings import Settings

COUNTRY = "SE"
CURRENCY = "sek"
ACTIVE = "active"
MODES = {"stripe": "live", "stripe_test": "test", "stripe_fake": "fake"}


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """The platform's own account.

    Attributes:
        country: ISO code.
        currency: Its default currency.
        transfers: The state of the capability `transfers`; empty if it was never requested.
        payouts_enabled: Whether Stripe pays out to its bank.
        mode: live, test or fake.
    """

    country: str
    currency: str
    transfers: str
    payouts_enabled: bool
    mode: str

    @property
    def is_usable(self) -> bool:
        """Return whether it can pay guests in Sweden."""
        return (self.country, self.currency, self.transfers) == (COUNTRY, CURRENCY, ACTIVE) and self.payouts_enabled


def own_account(settings: Settings) -> OwnAccount | None:
    """Return the account of the configured key; None without a key.

    Raises:
        ProviderAway: Stripe does not answer.
        ProviderRefuses: Stripe refuses the key.
    """
    name = rail_name(settings)
    if name is None:
        return None
    client = make_client(settings.stripe_key.get_secret_value(), url=settings.stripe_url)
    answer = call_stripe(CallLimiter(CALLS_PER_SECOND), client.v1.accounts.retrieve_current)
    found: dict[str, Any] = answer.to_dict()
    capabilities = found.get("capabilities") or {}
    return OwnAccount(
        country=str(found.get("country") or ""),
        currency=str(found.get("default_currency") or ""),
        transfers=str(capabilities.get("transfers") or ""),
        payouts_enabled=bool(found.get("payouts_enabled")),
        mode=MODES[name],
    )
