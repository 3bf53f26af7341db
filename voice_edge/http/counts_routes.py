"""What a café's own till system may say: how many customers it had on a day. Off without tokens."""

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

NOT_KEPT = {"Cache-Control": "no-store"}
AGAIN_AFTER_SECONDS = 30

log = structlog.get_logger("voice_edge.counts")


def counts_routes(edge: Edge, service: CountsService) -> APIRouter:
    """Return the routes for tills that know their café's token."""
    router = APIRouter(prefix=COUNTS_PREFIX.rstrip("/"))

    @router.put("/{cafe}/{day}")
    async def put(cafe: str, day: str, request: Request) -> JSONResponse:
        refused = await _refused(edge, service, cafe, request)
        if refused is not None:
            return refused
        body = await request.body()
        return await _answer(lambda: service.take(cafe, day, body))

    @router.get("/{cafe}/{day}")
    async def get(cafe: str, day: str, request: Request) -> JSONResponse:
        refused = await _refused(edge, service, cafe, request)
        return refused if refused is not None else await _answer(lambda: service.standing(cafe, day))

    return router


async def _refused(edge: Edge, service: CountsService, cafe: str, request: Request) -> JSONResponse | None:
    known = service.cafe_of(request.headers.get("authorization", ""))
    if known is None:
        address = counted_address(request.client.host if request.client else "")
        wait = await edge.doors.rates.hit("counts_unknown", address)
        return _no(401, "unknown token") if wait is None else _too_many(wait)
    wait = await edge.doors.rates.hit("counts", known)
    if wait is not None:
        return _too_many(wait)
    # Another café's path is answered as one that is not there: a token tells nothing of other cafés.
    return None if known == cafe else _no(404, "not this token's café")


async def _answer(work: Callable[[], dict[str, Any] | None]) -> JSONResponse:
    try:
        found = await asyncio.to_thread(work)
    except InvalidCount as error:
        return JSONResponse(
            {"error": error.what, "field": error.field, "remedy": error.remedy}, status_code=422, headers=NOT_KEPT
        )
    except (PilotError, OSError) as error:
        log.warning("a count could not be kept or read", kind=type(error).__name__)
        return _no(503, "the store is away: send it again later", {"Retry-After": str(AGAIN_AFTER_SECONDS)})
    return _no(404, "missing: nobody has reported this day") if found is None else JSONResponse(found, headers=NOT_KEPT)


def _too_many(wait: float) -> JSONResponse:
    return _no(429, "too many requests", {"Retry-After": str(int(wait) + 1)})


def _no(status: int, error: str, more: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": error}, status_code=status, headers={**NOT_KEPT, **(more or {})})
