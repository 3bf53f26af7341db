"""The route of Stripe's webhooks: verifies the signature, saves the event's name, responds.

The watch processes events later; here is only one insert, so that Stripe gets its response within milliseconds. If the
store is away, Stripe is asked to retry.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable
from datetime import datetime

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from payouts.stripe.configured import RailName
from payouts.stripe.webhooks import (
    LiveEvent,
    OtherMode,
    RefusedWebhook,
    parse_secrets,
    read_webhook,
)
from pilot.errors import PilotError
from pilot.settings import Settings
from voice_edge.doors.rates import Rates, counted_address
from voice_edge.http.requests import LARGEST_WEBHOOK_BYTES
from voice_edge.http.webhook_queue import WebhookQueue
from voice_edge.metrics import Metrics

PATH = "/webhooks/stripe"
NO_STORE = {"Cache-Control": "no-store"}
RETRY_SECONDS = 30

log = structlog.get_logger("voice_edge")


def webhook_routes(
    *,
    settings: Settings,
    rail: RailName,
    queue: WebhookQueue,
    now: Callable[[], datetime],
    rates: Rates,
    metrics: Metrics,
) -> APIRouter:
    """Return the route.

    Args:
        settings: The replica's settings.
        rail: The rail of the events.
        queue: Saves the events.
        now: Returns the current time, aware.
        rates: The rate limits.
        metrics: Counts the events.
    """
    router = APIRouter()
    secrets = parse_secrets(settings.stripe_webhook_secret.get_secret_value())

    @router.post(PATH)
    async def webhook(request: Request) -> JSONResponse:
        began = time.perf_counter()
        address = counted_address(request.client.host if request.client else "")
        if (wait := await rates.hit("webhook", address)) is not None:
            return _too_many(wait)
        body = await _body(request)
        if body is None:
            metrics.count_webhook("too_large")
            return _response(413, "too large")
        signature = request.headers.get("stripe-signature", "")
        try:
            event = read_webhook(body, signature=signature, secrets=secrets, rail=rail, now=now())
        except OtherMode:
            metrics.count_webhook("other_mode")
            return _response(200, "of test mode, left alone")
        except LiveEvent as live:
            return await _live(live)
        except RefusedWebhook as refused:
            if (wait := await rates.hit("unsigned_webhook", address)) is not None:
                return _too_many(wait)
            metrics.count_webhook("refused")
            log.warning("webhook refused", why=refused.what)
            return _response(400, refused.what)
        try:
            new = await queue.save(event)
        except (PilotError, OSError) as error:
            metrics.count_webhook("store_away")
            log.error("webhook not saved", kind=type(error).__name__)
            return _response(503, "come again", {"Retry-After": str(RETRY_SECONDS)})
        metrics.count_webhook("kept" if new else "known", seconds=(now() - event.made_at).total_seconds())
        metrics.time_webhook(time.perf_counter() - began)
        return _response(200, "kept" if new else "known")

    async def _live(live: LiveEvent) -> JSONResponse:
        """Refuse a live event, so that Stripe lists it as undelivered; save its name only for the alert."""
        metrics.count_webhook("live_at_test_door")
        log.error("live event refused: this installation is not live", rail=rail)
        with contextlib.suppress(PilotError, OSError):
            await queue.save(live.event)
        return _response(400, live.what)

    def _too_many(wait: float) -> JSONResponse:
        metrics.count_webhook("too_many")
        return _response(429, "come again", {"Retry-After": str(math.ceil(wait))})

    return router


async def _body(request: Request) -> bytes | None:
    """Return the raw body; None if it is larger than any event."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_WEBHOOK_BYTES:
                return None
    except ClientDisconnect:
        return None  # RequestDoor ends a body of unknown length this way when it grows too large.
    return bytes(body)


def _response(status: int, received: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"received": received}, status_code=status, headers={**NO_STORE, **(headers or {})})
