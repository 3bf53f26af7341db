"""The routes that a phone opens: the front door, the customer's page, QR codes."""

from __future__ import annotations

import math
from functools import lru_cache

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from operations.codes.pictures import code_address, qr_png, qr_svg
from payouts.rewards import smallest_reward_ore
from pilot.cafes import Cafe, Language
from pilot.identifiers import readable
from pilot.words import say
from voice_edge.doors.entrance import Refusal, RefusalCode
from voice_edge.doors.rates import counted_address
from voice_edge.edge import Edge
from voice_edge.errors import CodesUnknown
from voice_edge.http.page.customer import customer_page
from voice_edge.http.page.door import DoorKind, door_page
from voice_edge.http.page.front import front_page
from voice_edge.http.page.notice import notice_page
from voice_edge.http.page.privacy import privacy_facts, privacy_page
from voice_edge.http.page.self_test import self_test_page
from voice_edge.http.responses import away_response, requested_language, too_many_response

NO_STORE = {"Cache-Control": "no-store"}
QR_CACHE = {"Cache-Control": "public, max-age=3600"}
RETRY_SECONDS = "60"
MOST_PICTURES = 1_000  # About 1 MB; drawing one takes milliseconds.
# A café that takes no feedback now is answered with 200; only maintenance counts as a failure to a probe.
SHUT: dict[RefusalCode, DoorKind] = {"closed": "closed", "paused": "paused", "trial_full": "trial_full"}


def customer_routes(edge: Edge) -> APIRouter:
    """Return the routes of the customer's side."""
    router = APIRouter()
    facts = privacy_facts(edge.settings, edge.cafes)

    @router.get("/")
    def front() -> HTMLResponse:
        board = edge.doors.board.state
        if board.maintenance:
            refusal = Refusal("maintenance", until=board.maintenance_until)
            return away_response(edge, headers=NO_STORE, again="/", refusal=refusal)
        return HTMLResponse(front_page(edge.cafes), headers=NO_STORE)

    @router.get("/privacy")
    def privacy(lang: str = "sv") -> HTMLResponse:
        language: Language = "en" if lang == "en" else "sv"
        return HTMLResponse(privacy_page(facts, cafes=edge.cafes, language=language), headers=NO_STORE)

    @router.get("/c/{code}")
    async def customer(code: str, request: Request) -> HTMLResponse:
        return await _customer(code, request=request, edge=edge)

    @router.get("/test/{code}")
    async def self_test(code: str, request: Request) -> HTMLResponse:
        return await _customer(code, request=request, edge=edge, is_self_test=True)

    @router.get("/qr/{code}.svg")
    async def svg(code: str, request: Request) -> Response:
        return await _qr(code, kind="svg", request=request, edge=edge)

    @router.get("/qr/{code}.png")
    async def png(code: str, request: Request) -> Response:
        return await _qr(code, kind="png", request=request, edge=edge)

    return router


async def _customer(code: str, *, request: Request, edge: Edge, is_self_test: bool = False) -> HTMLResponse:
    readable_code = readable(code)
    here = edge.cafe_of_host(request.headers.get("host", ""))
    address = counted_address(request.client.host if request.client else "")
    rates = edge.doors.rates
    try:
        entry = await edge.codes.find(readable_code) if readable_code else None
    except CodesUnknown:
        return away_response(edge, headers=NO_STORE, cafe=here, again=request.url.path)
    cafe = edge.cafe(entry.cafe) if entry else None
    if entry is None or cafe is None or readable_code is None:
        if (wait := await rates.hit("unknown_code", address)) is not None:
            return too_many_response(edge, wait=wait, headers=NO_STORE, cafe=here)
        return HTMLResponse(notice_page(kind="unknown_code", cafe=here), status_code=404, headers=NO_STORE)
    if (wait := await rates.hit("page", _page_of_code(address, readable_code))) is not None:
        return too_many_response(edge, wait=wait, headers=NO_STORE, cafe=cafe, again=request.url.path)
    if entry.retired:
        return HTMLResponse(notice_page(kind="retired_code", cafe=cafe), status_code=404, headers=NO_STORE)
    if here is not None and here.id != cafe.id:
        link = f"https://{cafe.domain}/{'test' if is_self_test else 'c'}/{readable_code}"
        text = notice_page(kind="wrong_cafe", cafe=cafe, link=link)
        return HTMLResponse(text, status_code=404, headers=NO_STORE)
    if is_self_test:
        language = requested_language(request, cafe, default=cafe.languages[0])
        return HTMLResponse(self_test_page(cafe=cafe, code=readable_code, language=language), headers=NO_STORE)
    return _talk(cafe, readable_code, request=request, edge=edge)


def _talk(cafe: Cafe, code: str, *, request: Request, edge: Edge) -> HTMLResponse:
    simulated = edge.demo or request.query_params.get("simulated") == "1"
    refusal = edge.doors.refusal(cafe, simulated=simulated)
    if refusal is not None:
        kind = SHUT.get(refusal.code)
        if kind is None:
            return away_response(edge, headers=NO_STORE, cafe=cafe, again=request.url.path, refusal=refusal)
        text = door_page(kind, cafe=cafe, now=edge.clock.now(), refusal=refusal)
        return HTMLResponse(text, headers=NO_STORE)
    language = requested_language(request, cafe, default=cafe.languages[0])
    recogniser = edge.recogniser
    unrewarded = edge.doors.unrewarded(cafe)
    text = customer_page(
        cafe=cafe,
        code=code,
        language=language,
        reward_ore=0 if unrewarded else smallest_reward_ore(edge.cafes.pilot),
        simulated=simulated,
        facts=privacy_facts(edge.settings, edge.cafes),
        voice_trial=recogniser is None or not recogniser.qualified(language),
        voice_off=edge.doors.board.state.fallback,
        banner=_banner(cafe, language, edge=edge, unrewarded=unrewarded),
    )
    return HTMLResponse(text, headers=NO_STORE)


def _banner(cafe: Cafe, language: Language, *, edge: Edge, unrewarded: bool) -> str:
    if not edge.demo and edge.doors.entrance.hours_of_closed_cafe(cafe, now=edge.clock.now()):
        return say("doors", "banner.closed", language, cafe=cafe.name)
    return say("doors", "banner.unrewarded", language, cafe=cafe.name) if unrewarded else ""


def _page_of_code(address: str | None, code: str) -> str | None:
    """Return the key of a code's pages: by address too, so that no stranger shuts a public code."""
    return None if address is None else f"{code} {address}"


async def _qr(code: str, *, kind: str, request: Request, edge: Edge) -> Response:
    readable_code = readable(code)
    address = counted_address(request.client.host if request.client else "")
    try:
        entry = await edge.codes.find(readable_code) if readable_code else None
    except CodesUnknown:
        return Response(status_code=503, headers={"Retry-After": RETRY_SECONDS})
    if readable_code is None or entry is None or entry.retired:
        wait = await edge.doors.rates.hit("unknown_code", address)
        return Response(status_code=404) if wait is None else _too_many(wait)
    if (wait := await edge.doors.rates.hit("page", _page_of_code(address, readable_code))) is not None:
        return _too_many(wait)
    link = code_address(readable_code, public_url=edge.settings.public_url)
    media_type = "image/svg+xml" if kind == "svg" else "image/png"
    return Response(_picture(link, kind), media_type=media_type, headers=QR_CACHE)


@lru_cache(maxsize=MOST_PICTURES)
def _picture(link: str, kind: str) -> bytes:
    return qr_svg(link) if kind == "svg" else qr_png(link)


def _too_many(wait: float) -> Response:
    return Response(status_code=429, headers={"Retry-After": str(math.ceil(wait))})
