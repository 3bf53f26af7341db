"""The edge's web application: pages, WebSocket, health and metrics."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import structlog
from fastapi import FastAPI, Request, WebSocket
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from operations.monitoring.request_metrics import CountRequests
from pilot.errors import PilotError
from voice_edge.conversation.connection import Connection
from voice_edge.conversation.greeting import Visitor
from voice_edge.conversation.session import Session
from voice_edge.edge import Edge
from voice_edge.http.addresses import TidyAddresses
from voice_edge.http.answer_routes import answer_routes
from voice_edge.http.bank.routes import bank_routes
from voice_edge.http.counts_routes import counts_routes
from voice_edge.http.counts_service import CountsService
from voice_edge.http.customer_routes import customer_routes
from voice_edge.http.leaving import Leaving
from voice_edge.http.operator_routes import operator_routes
from voice_edge.http.page.door import door_page
from voice_edge.http.probe_routes import probe_routes
from voice_edge.http.probe_service import ProbeService
from voice_edge.http.receipt_routes import receipt_routes
from voice_edge.http.requests import RequestDoor
from voice_edge.http.rest_routes import rest_routes
from voice_edge.http.security import HEADERS, SecurityHeaders, content_security_policy, origin_allowed
from voice_edge.http.static_files import STATIC_FOLDER, StaticHost, VersionedFiles
from voice_edge.http.till.routes import till_routes
from voice_edge.http.why_routes import why_routes
from voice_edge.interviewer import Loaded, TimedLoads

COMPRESSED_BYTES = 600  # Smaller responses fit into one packet uncompressed.

log = structlog.get_logger("voice_edge")


async def _preload(interviewer: Loaded) -> None:
    """Load the model before the first guest needs it; without it the script asks."""
    try:
        await interviewer.preload()
    except PilotError as error:
        log.warning("no model: the script asks", kind=type(error).__name__, what=error.what)


def _add_webhooks(app: FastAPI, edge: Edge) -> list[Callable[[], Coroutine[Any, Any, None]]]:
    """Add the webhook route if Stripe's key and secret are set; otherwise its client is not even imported.

    Returns:
        The route's background work, which runs as long as the replica.
    """
    if not (edge.settings.stripe_key.get_secret_value() and edge.settings.stripe_webhook_secret.get_secret_value()):
        return []
    from payouts.stripe.configured import rail_name
    from voice_edge.http.webhook_queue import WebhookQueue
    from voice_edge.http.webhook_routes import webhook_routes

    rail = rail_name(edge.settings)
    if rail is None:
        return []
    queue = WebhookQueue(edge.codes.open_store)
    app.include_router(
        webhook_routes(
            settings=edge.settings,
            rail=rail,
            queue=queue,
            now=edge.clock.now,
            rates=edge.doors.rates,
            metrics=edge.metrics,
        )
    )
    return [lambda: queue.keep_counting(rail=rail, clock=edge.clock, metrics=edge.metrics)]


def create_app(edge: Edge, *, counts: CountsService | None = None, probes: ProbeService | None = None) -> FastAPI:
    """Return the application of one replica.

    Args:
        edge: The replica.
        counts: Accepts customer counts from cafés' tills; None closes that API.
        probes: Accepts probes from second hosts; None closes that API.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if isinstance(edge.interviewer, TimedLoads):
            edge.interviewer.on_load = edge.metrics.count_model_load
        tasks = [asyncio.create_task(work) for work in edge.background()]
        tasks += [asyncio.create_task(work()) for work in webhook_work]
        if isinstance(edge.interviewer, Loaded):
            tasks.append(asyncio.create_task(_preload(edge.interviewer)))
        try:
            yield
        finally:
            await edge.sessions.drain()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await edge.bank.close()
            await edge.doors.rates.close()
            await edge.receipts.save_waiting()
            await edge.doors.trials.settle_waiting()
            if isinstance(edge.interviewer, Loaded):
                await edge.interviewer.close()

    app = FastAPI(title="Café feedback", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.add_middleware(GZipMiddleware, minimum_size=COMPRESSED_BYTES)
    app.add_middleware(RequestDoor, public_url=edge.settings.public_url, cafes=edge.cafes)
    app.add_middleware(SecurityHeaders, cdn_url=edge.settings.cdn_url)
    app.add_middleware(StaticHost, cdn_url=edge.settings.cdn_url)
    app.add_middleware(Leaving, edge=edge)
    app.add_middleware(TidyAddresses)
    app.add_middleware(CountRequests, metrics=edge.metrics.requests)
    app.include_router(customer_routes(edge))
    app.include_router(receipt_routes(edge))
    app.include_router(answer_routes(edge))
    app.include_router(bank_routes(edge))
    app.include_router(why_routes(edge))
    app.include_router(till_routes(edge))
    app.include_router(operator_routes(edge))
    app.include_router(rest_routes(edge))
    webhook_work = _add_webhooks(app, edge)
    if counts is not None:
        app.include_router(counts_routes(edge, counts))
    if probes is not None:
        token = edge.settings.probe_token.get_secret_value()
        app.include_router(probe_routes(probes, token=token, rates=edge.doors.rates))

    @app.websocket("/ws/v1")
    async def conversation(socket: WebSocket) -> None:
        allowed = origin_allowed(
            socket.headers.get("origin"),
            host=socket.headers.get("host", ""),
            public_url=edge.settings.public_url,
            cafes=edge.cafes,
        )
        if not allowed:
            await socket.close()  # Before it is accepted: the browser sees HTTP 403.
            return
        await socket.accept()
        visitor = Visitor(
            user_agent=socket.headers.get("user-agent", ""), address=socket.client.host if socket.client else ""
        )
        await Session(Connection(socket), edge=edge, visitor=visitor).run()

    @app.exception_handler(404)
    async def nothing_here(request: Request, error: Exception) -> Response:
        if "text/html" not in request.headers.get("accept", ""):
            return PlainTextResponse("There is nothing here.\n", status_code=404)
        return HTMLResponse(door_page("nothing_here", cafe=None, now=edge.clock.now()), status_code=404)

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> Response:
        log.error("request failed", kind=type(error).__name__, exc_info=error)
        text = door_page("maintenance", cafe=None, now=edge.clock.now())
        headers = {**HEADERS, "Content-Security-Policy": content_security_policy(""), "Cache-Control": "no-store"}
        return HTMLResponse(text, status_code=500, headers=headers)

    app.mount("/static", VersionedFiles(directory=STATIC_FOLDER), name="static")
    return app
