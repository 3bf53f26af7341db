"""The route of the page that explains a result to its guest."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from pilot.errors import PilotError
from voice_edge.edge import Edge
from voice_edge.http.page.why import why_page
from voice_edge.http.receipt_routes import HEADERS, find_receipt, to_receipt
from voice_edge.http.responses import away_response
from voice_edge.receipts.reward_reasons import reward_reasons


def why_routes(edge: Edge) -> APIRouter:
    """Return the route of the explanation."""
    router = APIRouter()

    @router.get("/r/{token}/why")
    async def why(token: str, request: Request) -> Response:
        found = await find_receipt(token, request, edge=edge, scope="receipt")
        if isinstance(found, Response):
            return found
        status, cafe, language = found
        if status.erased_at is not None or edge.open_segments is None:
            return to_receipt(token, language)
        open_segments = edge.open_segments
        try:
            reasons = await asyncio.to_thread(
                lambda: reward_reasons(
                    status.receipt,
                    status.decision,
                    segments=open_segments(),
                    cafe=cafe,
                    pilot=edge.cafes.pilot,
                    language=language,
                )
            )
        except (PilotError, OSError):
            return away_response(edge, headers=HEADERS, again=f"/r/{token}/why")
        text = why_page(cafe=cafe, language=language, token=token, spoken=status.receipt.language, reasons=reasons)
        return HTMLResponse(text, headers=HEADERS)

    return router
