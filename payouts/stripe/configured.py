"""Opens the configured rail, under a name that separates money from tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pilot.settings import Settings

if TYPE_CHECKING:
    from payouts.stripe.rail import StripeRail

# Only `stripe` moves money; Stripe's test mode and the fake have their own batches and bookings.
RailName = Literal["stripe", "stripe_test", "stripe_fake"]
LIVE_MARK = "_live_"


def rail_name(settings: Settings) -> RailName | None:
    """Return the name of the Stripe rail, None if no key is set."""
    key = settings.stripe_key.get_secret_value()
    if not key:
        return None
    if settings.stripe_url:
        return "stripe_fake"
    return "stripe" if LIVE_MARK in key else "stripe_test"


def open_rail(settings: Settings) -> StripeRail | None:
    """Return the rail, None if no key is set; this calls nothing at Stripe.

    Raises:
        ProviderRefuses: a live key would be sent to another address than Stripe's.
    """
    name = rail_name(settings)
    if name is None:
        return None
    # Imported lazily: the package costs a second, and the edge needs only the name until a guest opens an account.
    from payouts.stripe.calling import CALLS_PER_SECOND, make_client
    from payouts.stripe.limiter import CallLimiter
    from payouts.stripe.rail import StripeRail

    client = make_client(settings.stripe_key.get_secret_value(), url=settings.stripe_url)
    return StripeRail(client, name=name, limiter=CallLimiter(CALLS_PER_SECOND))
