"""The door for Stripe's webhooks: checks who signed, keeps the event's name, answers; the watch looks at it after.

Nothing is asked of anybody here but one insert, so that Stripe has its answer within milliseconds. Where the store is
away, Stripe is told to come again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from payouts.stripe.opening import RailName
from payouts.stripe.webhooks import MOST_BYTES, OtherMode, RefusedWebhook, read_webhook, secrets_of
from pilot.errors import PilotError
from pilot.settings import Settings
from storage.store import provider_events
from storage.store.engine import Store
from voice_edge.metrics import Metrics

PATH = "/webhooks/stripe"
NOT_KEPT = {"Cache-Control": "no-store"}
RETRY_SECONDS = 30

log = structlog.get_logger("voice_edge")


def webhook_routes(
    *,
    settings: Settings,
    rail: RailName,
    open_store: Callable[[], Store],
    now: Callable[[], datetime],
    metrics: Metrics,
) -> APIRouter:
    """Return the door.

    Args:
        settings: The replica's.
        rail: The rail that the events are of.
        open_store: Returns the store.
        now: The clock, aware.
        metrics: Where the events are counted.
    """
    router = APIRouter()
    secrets = secrets_of(settings.stripe_webhook_secret.get_secret_value())

    @router.post(PATH)
    async def webhook(request: Request) -> JSONResponse:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                metrics.webhook("too_large")
                return _answer(413, "too large")
        signature = request.headers.get("stripe-signature", "")
        try:
            event = read_webhook(bytes(body), signature=signature, secrets=secrets, rail=rail, now=now())
        except OtherMode:
            metrics.webhook("other_mode")
            return _answer(200, "of the other mode, left alone")
        except RefusedWebhook as refused:
            metrics.webhook("refused")
            log.warning("webhook refused", why=refused.what)
            return _answer(400, refused.what)
        try:
            new = await asyncio.to_thread(lambda: provider_events.keep(open_store(), [event], way="webhook"))
        except (PilotError, OSError) as error:
            metrics.webhook("store_away")
            log.error("webhook not kept", kind=type(error).__name__)
            return _answer(503, "come again", {"Retry-After": str(RETRY_SECONDS)})
        metrics.webhook("kept" if new else "known", seconds=(now() - event.made_at).total_seconds())
        return _answer(200, "kept" if new else "known")

    return router


def _answer(status: int, said: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"received": said}, status_code=status, headers={**NOT_KEPT, **(headers or {})})
