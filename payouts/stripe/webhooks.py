"""Verifies Stripe's webhooks: signature, age and mode; nothing of the body is stored.

The official client verifies the signature. It does not refuse future timestamps or repeated deliveries: this module
refuses the former, the table of events ignores the latter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import stripe

from payouts.stripe.configured import RailName
from pilot.errors import PilotError
from storage.store.payouts.provider_events import ProviderEvent

TOLERANCE_SECONDS = 300
_TIMESTAMP = re.compile(r"t=(\d{1,12})", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_.]{1,255}")


class RefusedWebhook(PilotError):
    """The request is not an event of Stripe, or an old one."""


class OtherMode(PilotError):
    """A test event at a live endpoint; Stripe sends both to Connect endpoints. Acknowledge and ignore it."""


class LiveEvent(PilotError):
    """A live event at an endpoint that is not live: it belongs elsewhere, so do not acknowledge it.

    Attributes:
        event: The event, on the live rail.
    """

    def __init__(self, event: ProviderEvent) -> None:
        super().__init__(
            "The event is of live mode, and this installation is not.",
            remedy="Point the live endpoint at the live installation, or set the live key here.",
        )
        self.event = event


def parse_secrets(text: str) -> tuple[str, ...]:
    """Return the endpoints' secrets from the setting, separated by commas."""
    return tuple(each.strip() for each in text.split(",") if each.strip())


def read_webhook(
    body: bytes, *, signature: str, secrets: Sequence[str], rail: RailName, now: datetime
) -> ProviderEvent:
    """Return the event of a request.

    Args:
        body: The request's body, byte for byte.
        signature: The header `Stripe-Signature`.
        secrets: The endpoints' secrets; any of them may have signed.
        rail: The rail of the events; the live rail accepts only live events.
        now: The current time, aware.

    Raises:
        RefusedWebhook: the signature is invalid, the event is old or from the future, or the body is no event.
        OtherMode: a test event on the live rail.
        LiveEvent: a live event on another rail.
    """
    # The client uses the first `t`, however it is written: if there are two, it could verify a different one.
    times = [each for each in signature.split(",") if each.partition("=")[0].strip() == "t"]
    stamped = _TIMESTAMP.fullmatch(times[0]) if len(times) == 1 else None
    if stamped is None:
        raise RefusedWebhook("The header Stripe-Signature holds not one time.", remedy="Let Stripe send it.")
    if abs(now.timestamp() - int(stamped[1])) > TOLERANCE_SECONDS:
        raise RefusedWebhook(
            f"The event was signed more than {TOLERANCE_SECONDS} s away from now.",
            remedy="Set this machine's clock; Stripe sends the event again.",
        )
    if not any(_signed(body, signature, secret) for secret in secrets):
        raise RefusedWebhook(
            "The signature is of none of our endpoints.", remedy="Set PILOT_STRIPE_WEBHOOK_SECRET to the endpoint's."
        )
    try:
        event = json.loads(body)
        found = _event(event, rail=rail)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise RefusedWebhook("The body is no event of Stripe.", remedy="Set the endpoint to snapshot events.") from None
    live = bool(event.get("livemode"))
    if rail == "stripe" and not live:
        raise OtherMode("The event is of test mode.", remedy="Nothing; it is left alone.")
    if live and rail != "stripe":
        raise LiveEvent(replace(found, rail="stripe"))
    return found


def _signed(body: bytes, signature: str, secret: str) -> bool:
    try:
        # Its check of the age is off, because it would use another clock.
        return bool(stripe.WebhookSignature.verify_header(body.decode("utf-8"), signature, secret, tolerance=None))
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False


def _event(event: dict[str, Any], *, rail: RailName) -> ProviderEvent:
    names = {"id": event["id"], "kind": event["type"]}
    # Our balance has no id, and events of our own account have no `account`.
    may_lack = {"object_id": event["data"]["object"].get("id") or "", "account": event.get("account") or ""}
    for name, value in (names | may_lack).items():
        if not (isinstance(value, str) and (_NAME.fullmatch(value) or (value == "" and name in may_lack))):
            raise ValueError(name)
    made_at = datetime.fromtimestamp(int(event["created"]), tz=UTC)
    return ProviderEvent(rail=rail, made_at=made_at, **names, **may_lack)
