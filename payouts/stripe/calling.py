"""Calls Stripe through its official client, without retries, and classifies its errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import stripe

from payouts.rail import ProviderError
from payouts.stripe.limiter import CallLimiter

# The package's version; the webhook endpoints must use the same one.
API_VERSION = "2026-10-28.endive"
CONNECT_SECONDS = 3
READ_SECONDS = 20
CALLS_PER_SECOND = 20.0  # Stripe allows 25, in the sandbox and at each live endpoint.
LOCKED = "lock_timeout"  # Sent with 429 too, but because the object is locked, not because of our rate.

Answer = TypeVar("Answer")


class ProviderAway(ProviderError):
    """Stripe does not answer; nothing was sent."""


class ProviderRefuses(ProviderError):
    """Stripe refuses the request, also on a retry; `code` is Stripe's."""

    code = ""


def make_client(key: str, *, url: str = "", http_client: stripe.HTTPClient | None = None) -> stripe.StripeClient:
    """Return the official client, with its own retries turned off.

    Args:
        key: The secret key.
        url: The fake's address; empty for Stripe's own.
        http_client: The HTTP client; None for the package's own.

    Raises:
        ProviderRefuses: a live key would be sent to another address than Stripe's.
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


def call_stripe(limiter: CallLimiter, call: Callable[[], Answer]) -> Answer:
    """Return the answer to a call that moves no money.

    Raises:
        ProviderAway: Stripe does not answer, fails, or limits the rate.
        ProviderRefuses: Stripe refuses the key or the request.
    """
    limiter.wait()
    try:
        found = call()
    except stripe.RateLimitError as error:
        if error_code(error) != LOCKED:
            limiter.record_rate_limit()
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
    limiter.record_success()
    return found


def error_code(error: stripe.StripeError) -> str:
    """Return an error's code, or else its type or the kind of failure.

    A 409 and a 5xx have their code only in the body.
    """
    body = getattr(error, "error", None)
    code = error.code or getattr(body, "code", None) or getattr(body, "type", None)
    if code:
        return str(code)
    return "connection" if isinstance(error, stripe.APIConnectionError) else f"http_{error.http_status or 0}"
