"""Why it became so: the page that explains a result to the guest who holds the receipt."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from pilot.errors import PilotError
from voice_edge.edge import Edge
from voice_edge.http.doors.answers import away_page
from voice_edge.http.doors.pages import why_page
from voice_edge.http.receipt_routes import HEADERS, found_receipt, to_receipt
from voice_edge.receipts.reward_reasons import reasons


def why_routes(edge: Edge) -> APIRouter:
    """Return the route of the explanation."""
    router = APIRouter()

    @router.get("/r/{token}/why")
    async def why(token: str, request: Request) -> Response:
        found = await found_receipt(token, request, edge=edge, scope="receipt")
        if isinstance(found, Response):
            return found
        kept, cafe, language = found
        if kept.erased_at is not None or edge.open_segments is None:
            return to_receipt(token, language)
        open_segments = edge.open_segments
        try:
            known = await asyncio.to_thread(
                lambda: reasons(
                    kept.receipt,
                    kept.decision,
                    segments=open_segments(),
                    cafe=cafe,
                    pilot=edge.cafes.pilot,
                    language=language,
                )
            )
        except (PilotError, OSError):
            return away_page(edge, headers=HEADERS, again=f"/r/{token}/why")
        text = why_page(cafe=cafe, language=language, token=token, spoken=kept.receipt.language, reasons=known)
        return HTMLResponse(text, headers=HEADERS)

    return router
