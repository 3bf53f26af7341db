"""The API through which a café's till system reports its customers per day; closed without tokens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from pilot.counts import InvalidCount
from pilot.errors import PilotError
from voice_edge.doors.rates import counted_address
from voice_edge.edge import Edge
from voice_edge.http.counts_service import CountsService
from voice_edge.http.requests import COUNTS_PREFIX

NO_STORE = {"Cache-Control": "no-store"}
RETRY_SECONDS = 30

log = structlog.get_logger("voice_edge.counts")


def counts_routes(edge: Edge, service: CountsService) -> APIRouter:
    """Return the routes for till systems that present their café's token."""
    router = APIRouter(prefix=COUNTS_PREFIX.rstrip("/"))

    @router.put("/{cafe}/{day}")
    async def put(cafe: str, day: str, request: Request) -> JSONResponse:
        refused = await _refused(edge, service, cafe, request)
        if refused is not None:
            return refused
        body = await request.body()
        return await _response(lambda: service.report(cafe, day, body))

    @router.get("/{cafe}/{day}")
    async def get(cafe: str, day: str, request: Request) -> JSONResponse:
        refused = await _refused(edge, service, cafe, request)
        return refused if refused is not None else await _response(lambda: service.current(cafe, day))

    return router


async def _refused(edge: Edge, service: CountsService, cafe: str, request: Request) -> JSONResponse | None:
    token_cafe = service.cafe_of(request.headers.get("authorization", ""))
    if token_cafe is None:
        address = counted_address(request.client.host if request.client else "")
        wait = await edge.doors.rates.hit("counts_unknown", address)
        return _error(401, "unknown token") if wait is None else _too_many(wait)
    wait = await edge.doors.rates.hit("counts", token_cafe)
    if wait is not None:
        return _too_many(wait)
    # Another café's path is answered like a missing one: a token reveals nothing about other cafés.
    return None if token_cafe == cafe else _error(404, "not this token's café")


async def _response(work: Callable[[], dict[str, Any] | None]) -> JSONResponse:
    try:
        found = await asyncio.to_thread(work)
    except InvalidCount as error:
        return JSONResponse(
            {"error": error.what, "field": error.field, "remedy": error.remedy}, status_code=422, headers=NO_STORE
        )
    except (PilotError, OSError) as error:
        log.warning("count neither saved nor read", kind=type(error).__name__)
        return _error(503, "the store is away: send it again later", {"Retry-After": str(RETRY_SECONDS)})
    return (
        _error(404, "missing: nobody has reported this day") if found is None else JSONResponse(found, headers=NO_STORE)
    )


def _too_many(wait: float) -> JSONResponse:
    return _error(429, "too many requests", {"Retry-After": str(int(wait) + 1)})


def _error(status: int, error: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": error}, status_code=status, headers={**NO_STORE, **(headers or {})})
