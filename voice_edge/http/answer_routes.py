"""The route of a guest's verdict on a café's answer.

It is a POST from our own page, works without JavaScript, and counts once: a repeated one only leads back to the
receipt. So does one whose answer is gone meanwhile.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from pilot.errors import PilotError
from storage.store.cafes.case_answers import Verdict
from storage.store.cafes.cases import CaseRefused
from voice_edge.edge import Edge
from voice_edge.http.bank.page import fault_page
from voice_edge.http.receipt_routes import HEADERS, find_receipt, to_receipt
from voice_edge.http.requests import same_site_post
from voice_edge.http.responses import away_response


def answer_routes(edge: Edge) -> APIRouter:
    """Return the route of verdicts."""
    router = APIRouter()

    @router.post("/r/{token}/answers/{case_id}/{verdict}")
    async def give(token: str, case_id: str, verdict: Verdict, request: Request) -> Response:
        found = await find_receipt(token, request, edge=edge, scope="verdict")
        if isinstance(found, Response):
            return found
        status, cafe, language = found
        if not same_site_post(request.headers, host=request.headers.get("host", "")):
            text = fault_page(cafe=cafe, language=language, path=f"/r/{token}", kind="foreign")
            return HTMLResponse(text, status_code=403, headers=HEADERS)
        try:
            await edge.receipts.give_verdict(status.receipt, case_id=case_id, verdict=verdict)
        except CaseRefused:
            return to_receipt(token, language)  # It shows the answers that there are.
        except (PilotError, OSError):
            return away_response(edge, headers=HEADERS, cafe=cafe, again=f"/r/{token}")
        return to_receipt(token, language)

    return router
