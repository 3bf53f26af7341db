"""What second hosts ask an edge: which pages to look at, and to take what they saw. Off without a token."""

from __future__ import annotations

import asyncio
import secrets

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from operations.watch.probes.delivery import MAX_BATCH_BYTES, RefusedProbes
from operations.watch.probes.outpost import BATCH_HEADER, PAGES_PATH, RESULTS_PATH
from pilot.errors import PilotError
from voice_edge.http.probe_service import ProbeService

NOT_KEPT = {"Cache-Control": "no-store"}


def probe_routes(service: ProbeService, *, token: str) -> APIRouter:
    """Return the routes for second hosts that know the token."""
    router = APIRouter()

    def known(request: Request) -> bool:
        given = request.headers.get("authorization", "")
        return secrets.compare_digest(given.encode(), f"Bearer {token}".encode())

    @router.get(PAGES_PATH)
    async def pages(request: Request) -> JSONResponse:
        if not known(request):
            return _no()
        return JSONResponse(await asyncio.to_thread(service.listed), headers=NOT_KEPT)

    @router.post(RESULTS_PATH)
    async def results(request: Request) -> JSONResponse:
        if not known(request):
            return _no()
        if int(request.headers.get("content-length") or MAX_BATCH_BYTES + 1) > MAX_BATCH_BYTES:
            return JSONResponse({"error": "too large"}, status_code=413, headers=NOT_KEPT)
        try:
            taken = await asyncio.to_thread(
                service.take, await request.body(), batch=request.headers.get(BATCH_HEADER, "")
            )
        except RefusedProbes as error:
            return JSONResponse({"error": str(error)}, status_code=422, headers=NOT_KEPT)
        except PilotError as error:
            return JSONResponse({"error": error.what}, status_code=503, headers=NOT_KEPT)
        return JSONResponse({"taken": taken}, headers=NOT_KEPT)

    return router


def _no() -> JSONResponse:
    return JSONResponse({"error": "unknown token"}, status_code=401, headers=NOT_KEPT)
