"""Calls Stripe through its official client: one call at a time, no retries within, errors by what they mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import stripe

from payouts.rail import ProviderError
from payouts.stripe.limiter import CallLimiter

# What the package speaks; webhooks' endpoints are set to the same in Stripe's dashboard.
API_VERSION = "2026-10-28.endive"
CONNECT_SECONDS = 3
READ_SECONDS = 20
CALLS_PER_SECOND = 20.0  # Stripe's sandbox and each of its live endpoints take 25.
LOCKED = "lock_timeout"  # Answered with 429 as well, but somebody else is at the object: not a matter of our rate.

Answer = TypeVar("Answer")


class ProviderAway(ProviderError):
    """Stripe could not be asked; nothing was sent."""


class ProviderRefuses(ProviderError):
    """Stripe does not take what was asked, and will not without a person; `code` is Stripe's."""

    code = ""


def make_client(key: str, *, url: str = "", http_client: stripe.HTTPClient | None = None) -> stripe.StripeClient:
    """Return the official client, which tries nothing again by itself.

    Args:
        key: The secret key.
        url: Another address than Stripe's own, for the fake.
        http_client: What carries the requests; the package's own where None.

    Raises:
        ProviderRefuses: a live key would be sent somewhere else than to Stripe.
    """
    if url and "_live_" in key:
        raise ProviderRefuses(
            "PILOT_STRIPE_KEY is a live key and PILOT_STRIPE_URL is not Stripe's address.",
            remedy="Leave PILOT_STRIPE_URL empty, or use a test key.",
        )
    stripe.enable_telemetry = False
    return stripe.StripeClient(
        key,
        stripe_version=API_VERSION,
        max_network_retries=0,
        base_addresses={"api": url} if url else None,
        http_client=http_client or stripe.RequestsClient(timeout=(CONNECT_SECONDS, READ_SECONDS)),
    )


def called(limiter: CallLimiter, call: Callable[[], Answer]) -> Answer:
    """Return what a call gives that changes nothing of ours.

    Raises:
        ProviderAway: Stripe does not answer, fails, or says that it was asked too often.
        ProviderRefuses: it refuses: the key, or what was asked.
    """
    limiter.wait()
    try:
        found = call()
    except stripe.RateLimitError as error:
        if error_code(error) != LOCKED:
            limiter.too_many()
        raise ProviderAway(
            "Stripe says that it was asked too often.", remedy="It is asked again later.", retryable=True
        ) from None
    except stripe.AuthenticationError:
        raise ProviderRefuses("Stripe does not know our key.", remedy="Check PILOT_STRIPE_KEY.") from None
    except (stripe.InvalidRequestError, stripe.PermissionError) as error:
        code = error_code(error)
        refusal = ProviderRefuses(f"Stripe refuses: {code}.", remedy="See docs/stripe.md for what the code means.")
        refusal.code = code
        raise refusal from None
    except stripe.StripeError as error:
        raise ProviderAway(
            f"Stripe does not answer ({error_code(error)}).", remedy="It is asked again later.", retryable=True
        ) from None
    limiter.went_well()
    return found


def error_code(error: stripe.StripeError) -> str:
    """Return an error's code; where it has none, its type, or what broke.

    A 409 and a 5xx carry their code in the body alone.
    """
    body = getattr(error, "error", None)
    code = error.code or getattr(body, "code", None) or getattr(body, "type", None)
    if code:
        return str(code)
    return "connection" if isinstance(error, stripe.APIConnectionError) else f"http_{error.http_status or 0}"
