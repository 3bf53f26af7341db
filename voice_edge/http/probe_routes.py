"""The API of second hosts: the pages to probe, and their results; closed without a token."""

from __future__ import annotations

import asyncio
import secrets

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from operations.watch.probes.delivery import MAX_BATCH_BYTES, RefusedProbes
from operations.watch.probes.outpost import BATCH_HEADER, PAGES_PATH, RESULTS_PATH
from pilot.errors import PilotError
from pilot.settings import BOTH
from voice_edge.doors.rates import Rates, counted_address
from voice_edge.http.probe_service import ProbeService

NO_STORE = {"Cache-Control": "no-store"}


def probe_routes(service: ProbeService, *, token: str, rates: Rates) -> APIRouter:
    """Return the routes for second hosts that present the token.

    Args:
        service: Lists the pages and publishes the results.
        token: The second hosts' token; NEW|OLD while it is replaced.
        rates: The rate limits: of requests with the token, and of unknown tokens from an address.
    """
    router = APIRouter()

    async def refusal(request: Request) -> JSONResponse | None:
        given = request.headers.get("authorization", "")
        if any(secrets.compare_digest(given.encode(), f"Bearer {each}".encode()) for each in token.split(BOTH)):
            wait = await rates.hit("probes", "token")
            return None if wait is None else _too_many(wait)
        wait = await rates.hit("probes_unknown", counted_address(request.client.host if request.client else ""))
        return _unauthorized() if wait is None else _too_many(wait)

    @router.get(PAGES_PATH)
    async def pages(request: Request) -> JSONResponse:
        if (refused := await refusal(request)) is not None:
            return refused
        return JSONResponse(await asyncio.to_thread(service.pages), headers=NO_STORE)

    @router.post(RESULTS_PATH)
    async def results(request: Request) -> JSONResponse:
        if (refused := await refusal(request)) is not None:
            return refused
        if int(request.headers.get("content-length") or MAX_BATCH_BYTES + 1) > MAX_BATCH_BYTES:
            return JSONResponse({"error": "too large"}, status_code=413, headers=NO_STORE)
        try:
            accepted = await asyncio.to_thread(
                service.accept, await request.body(), batch=request.headers.get(BATCH_HEADER, "")
            )
        except RefusedProbes as error:
            return JSONResponse({"error": str(error)}, status_code=422, headers=NO_STORE)
        except PilotError as error:
            return JSONResponse({"error": error.what}, status_code=503, headers=NO_STORE)
        return JSONResponse({"taken": accepted}, headers=NO_STORE)

    return router


def _unauthorized() -> JSONResponse:
    return JSONResponse({"error": "unknown token"}, status_code=401, headers=NO_STORE)


def _too_many(wait: float) -> JSONResponse:
    headers = {**NO_STORE, "Retry-After": str(int(wait) + 1)}
    return JSONResponse({"error": "too many requests"}, status_code=429, headers=headers)
