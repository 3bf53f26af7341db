"""The fake's HTTP server: API, pages, webhooks, and the plan of faults for tests."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import urllib.request
from collections.abc import AsyncIterator, Callable, Sequence
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from pilot.cafes import Language
from proving.stripe_fake.bank import Bank
from proving.stripe_fake.fake import FakeStripe
from proving.stripe_fake.faults import FaultPlanError, apply_plan, plan_status
from proving.stripe_fake.onboarding import Onboarding
from proving.stripe_fake.pages import gone_page, onboarding_page, overview_page
from proving.stripe_fake.requests import FAKE_HEADER, ApiRequest, ConnectionBroken
from proving.stripe_fake.webhooks import Webhooks

STEP_SECONDS = 0.2
WEBHOOK_SECONDS = 10
PAGE_HEADERS = {
    **FAKE_HEADER,
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",  # With no-referrer a browser would send the form's Origin as null.
    "Cache-Control": "no-store",
}

log = logging.getLogger("proving.stripe_fake")


class TruncatedResponse(Response):
    """A response that breaks off: complete headers, incomplete body."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the headers and the beginning of the body."""
        start = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]}
        await send(start)
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


def create_server(
    fake: FakeStripe,
    *,
    bank: Bank,
    webhooks: Webhooks | None = None,
    webhook_url: str = "",
    middleware: Sequence[Middleware] = (),
) -> Starlette:
    """Return the fake's server.

    Args:
        fake: The fake.
        bank: The fake's bank.
        webhooks: The fake's webhooks; None delivers no events.
        webhook_url: The endpoint of the webhooks.
        middleware: Middleware in front of every address.
    """
    onboarding = Onboarding(fake.books)

    async def api(request: Request) -> Response:
        text = request.url.query if request.method == "GET" else (await request.body()).decode("utf-8", "replace")
        asked = ApiRequest(request.method, request.url.path, text, {n.lower(): v for n, v in request.headers.items()})
        try:
            answer = await run_in_threadpool(fake.answer, asked)
        except ConnectionBroken:
            return TruncatedResponse()
        return Response(answer.text, answer.status, answer.headers, "application/json")

    async def link(request: Request) -> Response:
        def opened() -> tuple[str, str]:
            with fake.lock:
                found = onboarding.open(request.path_params["token"])
                fake.books.save()
                return found

        visit, elsewhere = await run_in_threadpool(opened)
        if visit:
            return _redirect(f"/fake/visits/{visit}")
        return (
            _redirect(elsewhere)
            if elsewhere
            else HTMLResponse(gone_page(language=_language(request)), 404, PAGE_HEADERS)
        )

    async def visit(request: Request) -> Response:
        found = onboarding.visit(request.path_params["visit"])
        if found is None:
            return HTMLResponse(gone_page(language=_language(request)), 404, PAGE_HEADERS)
        if request.method == "GET":
            page = onboarding_page(language=_language(request), return_url=found["return_url"])
            return HTMLResponse(page, headers=PAGE_HEADERS)
        fields = parse_qs((await request.body()).decode("utf-8", "replace"))

        def finished() -> bool:
            with fake.lock:
                done = onboarding.finish(request.path_params["visit"], choice=fields.get("iban", [""])[0])
                fake.books.save()
                return done

        if not await run_in_threadpool(finished):
            page = onboarding_page(language=_language(request), return_url=found["return_url"])
            return HTMLResponse(page, 400, PAGE_HEADERS)
        return _redirect(found["return_url"])

    async def overview(request: Request) -> Response:
        with fake.lock:
            return HTMLResponse(overview_page(fake.books, language=_language(request)), headers=PAGE_HEADERS)

    async def faults(request: Request) -> Response:
        if request.method == "POST":
            try:
                with fake.lock:
                    apply_plan(await request.body(), fake=fake, webhooks=webhooks)
            except FaultPlanError as error:
                return JSONResponse({"fake": True, "error": str(error)}, 400, FAKE_HEADER)
        return JSONResponse(plan_status(fake, webhooks), headers=FAKE_HEADER)

    def step() -> None:
        with fake.lock:
            moved = bank.settle()
        delivered = webhooks.deliver(sender(webhook_url)) if webhooks is not None and webhook_url else 0
        if moved or delivered:
            with fake.lock:
                fake.books.save()

    async def steps() -> None:
        while True:
            try:
                await run_in_threadpool(step)
            except Exception as error:  # The fake stays up; the next step may succeed.
                log.warning("a step of the fake failed: %s", type(error).__name__)
            await asyncio.sleep(STEP_SECONDS)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        stepping = asyncio.create_task(steps())
        yield
        stepping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await stepping
        with fake.lock:
            fake.books.save()

    return Starlette(
        routes=[
            Route("/fake", overview),
            Route("/fake/onboarding/{token}", link),
            Route("/fake/visits/{visit}", visit, methods=["GET", "POST"]),
            Route("/fake/faults", faults, methods=["GET", "POST"]),
            Route("/{path:path}", api, methods=["GET", "POST", "DELETE"]),
        ],
        middleware=middleware,
        lifespan=lifespan,
    )


def sender(url: str) -> Callable[[bytes, str], int]:
    """Return a function that delivers a webhook over HTTP."""

    def send(body: bytes, signature: str) -> int:
        request = urllib.request.Request(  # noqa: S310 - the address is the operator's own argument
            url, body, {"Content-Type": "application/json", "Stripe-Signature": signature, **FAKE_HEADER}
        )
        with urllib.request.urlopen(request, timeout=WEBHOOK_SECONDS) as answer:  # noqa: S310
            return int(answer.status)

    return send


def _redirect(url: str) -> Response:
    return RedirectResponse(url, 303, FAKE_HEADER)


def _language(request: Request) -> Language:
    asked = request.query_params.get("language") or request.headers.get("accept-language", "sv")
    return "en" if asked.lower().startswith("en") else "sv"
