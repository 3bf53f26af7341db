"""What a phone opens: the customer's page, the receipt, QR codes."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from payouts.rewards import prospective_reward_ore, smallest_reward_ore
from pilot.cafes import Cafe, Language
from pilot.errors import PilotError
from pilot.identifiers import readable
from voice_edge import page
from voice_edge.edge import Edge
from voice_edge.errors import CodesUnknown
from voice_edge.plain_page import front_page, unknown_receipt_page
from voice_edge.qr import code_address, qr_png, qr_svg

NO_STORE = {"Cache-Control": "no-store"}
RECEIPT_HEADERS = {**NO_STORE, "Referrer-Policy": "no-referrer"}
QR_CACHE = {"Cache-Control": "public, max-age=3600"}
RETRY_SECONDS = "60"


def customer_routes(edge: Edge) -> APIRouter:
    """Return the routes of the customer's side."""
    router = APIRouter()

    @router.get("/")
    def front() -> HTMLResponse:
        return HTMLResponse(front_page(edge.cafes), headers=NO_STORE)

    @router.get("/c/{code}")
    async def customer(code: str, request: Request) -> HTMLResponse:
        return await _customer(code, request=request, edge=edge)

    @router.get("/r/{token}")
    async def receipt(token: str, request: Request) -> HTMLResponse:
        try:
            found = await edge.receipts.find(token)
        except (PilotError, OSError):
            return _away(RECEIPT_HEADERS)
        cafe = edge.cafe(found.cafe) if found else None
        if found is None or cafe is None:
            return HTMLResponse(unknown_receipt_page(), status_code=404, headers=RECEIPT_HEADERS)
        language = _language(request, cafe, default=found.language)
        reward_ore = prospective_reward_ore(
            edge.cafes.pilot, score=found.preliminary_score, eligible=found.preliminary_eligible
        )
        text = page.receipt_page(
            receipt=found, cafe=cafe, language=language, reward_ore=reward_ore, simulated=found.simulated
        )
        return HTMLResponse(text, headers=RECEIPT_HEADERS)

    @router.get("/qr/{code}.svg")
    async def svg(code: str) -> Response:
        return await _qr(code, kind="svg", edge=edge)

    @router.get("/qr/{code}.png")
    async def png(code: str) -> Response:
        return await _qr(code, kind="png", edge=edge)

    return router


async def _customer(code: str, *, request: Request, edge: Edge) -> HTMLResponse:
    folded = readable(code)
    here = edge.cafe_of_host(request.headers.get("host", ""))
    try:
        known = await edge.codes.find(folded) if folded else None
    except CodesUnknown:
        return _away(NO_STORE)
    cafe = edge.cafe(known.cafe) if known else None
    if known is None or cafe is None or folded is None:
        return HTMLResponse(page.notice_page(kind="unknown_code", cafe=here), status_code=404, headers=NO_STORE)
    if known.retired:
        return HTMLResponse(page.notice_page(kind="retired_code", cafe=cafe), status_code=404, headers=NO_STORE)
    if here is not None and here.id != cafe.id:
        link = f"https://{cafe.domain}/c/{folded}"
        text = page.notice_page(kind="wrong_cafe", cafe=cafe, link=link)
        return HTMLResponse(text, status_code=404, headers=NO_STORE)
    language = _language(request, cafe, default=cafe.languages[0])
    hearing = edge.hearing
    text = page.customer_page(
        cafe=cafe,
        code=folded,
        language=language,
        reward_ore=smallest_reward_ore(edge.cafes.pilot),
        simulated=edge.demo or request.query_params.get("simulated") == "1",
        voice_trial=hearing is None or not hearing.qualified(language),
    )
    return HTMLResponse(text, headers=NO_STORE)


async def _qr(code: str, *, kind: str, edge: Edge) -> Response:
    folded = readable(code)
    try:
        known = await edge.codes.find(folded) if folded else None
    except CodesUnknown:
        return Response(status_code=503, headers={"Retry-After": RETRY_SECONDS})
    if folded is None or known is None or known.retired:
        return Response(status_code=404)
    address = code_address(folded, public_url=edge.settings.public_url)
    if kind == "svg":
        return Response(qr_svg(address), media_type="image/svg+xml", headers=QR_CACHE)
    return Response(qr_png(address), media_type="image/png", headers=QR_CACHE)


def _away(headers: dict[str, str]) -> HTMLResponse:
    text = page.notice_page(kind="maintenance")
    return HTMLResponse(text, status_code=503, headers={**headers, "Retry-After": RETRY_SECONDS})


def _language(request: Request, cafe: Cafe, *, default: str) -> Language:
    """Return the language to show: the one asked for in the address, else `default`."""
    asked = request.query_params.get("lang", default)
    return next((language for language in cafe.languages if language == asked), cafe.languages[0])
