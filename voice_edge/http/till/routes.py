"""The till's page: plain forms that work on any phone without a script, for baristas who have a queue before them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import parse_qs, quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from payouts.till_sign_in import SHIFT
from pilot.cafes import Cafe, Language
from pilot.errors import PilotError
from voice_edge.doors.rates import Scope, counted_address
from voice_edge.edge import Edge
from voice_edge.http.doors.answers import away_page, language_asked_for, too_many_page
from voice_edge.http.doors.pages import door_page
from voice_edge.http.requests import same_site_post
from voice_edge.http.till.page import till_page
from voice_edge.http.till.service import Reply, TillService

HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Robots-Tag": "noindex"}
COOKIE = "till"
MOST_TYPED = 64  # characters of a field that are looked at
REQUEST_BYTES = 12

Answer = TypeVar("Answer")


def till_routes(edge: Edge) -> APIRouter:
    """Return the routes of the till's page."""
    router = APIRouter()
    desk = TillService(edge.codes.open_store, secret=edge.secret, clock=edge.clock)

    @router.get("/till/{cafe_id}")
    async def till(cafe_id: str, request: Request) -> Response:
        return await _Visit(edge, desk, cafe_id, request).opened()

    @router.post("/till/{cafe_id}/sign-in")
    async def sign_in(cafe_id: str, request: Request) -> Response:
        return await _Visit(edge, desk, cafe_id, request).signs_in()

    @router.post("/till/{cafe_id}/redeem")
    async def redeem(cafe_id: str, request: Request) -> Response:
        visit = _Visit(edge, desk, cafe_id, request)
        return await visit.does(
            lambda form: desk.redeem(cafe_id, form["code"], request=form["request"]),
            lost=lambda form: desk.could_not(cafe_id, form["code"]),
        )

    @router.post("/till/{cafe_id}/undo")
    async def undo(cafe_id: str, request: Request) -> Response:
        visit = _Visit(edge, desk, cafe_id, request)
        return await visit.does(lambda form: desk.undo(cafe_id, form["code"]))

    return router


class _Visit:
    """One request of a till."""

    def __init__(self, edge: Edge, desk: TillService, cafe_id: str, request: Request) -> None:
        self._edge = edge
        self._desk = desk
        self._cafe = edge.cafe(cafe_id)
        self._request = request
        self._address = counted_address(request.client.host if request.client else "")

    async def opened(self) -> Response:
        """Answer with the field for the code, or with the one for the PIN."""
        if self._cafe is None:
            return self._nothing_here()
        if (wait := await self._edge.doors.rates.hit("till", self._address)) is not None:
            return too_many_page(self._edge, wait=wait, headers=HEADERS, cafe=self._cafe)
        code = self._request.query_params.get("code", "")[:MOST_TYPED]
        return await self._answered(lambda cafe: self._page(cafe, code=code))

    async def signs_in(self) -> Response:
        """Answer a PIN with a ticket and the page, or say that it is wrong."""
        if self._cafe is None:
            return self._nothing_here()
        form = await self._form()
        rates, cafe = self._edge.doors.rates, self._cafe
        tries: tuple[tuple[Scope, str | None], ...] = (("till_pin", self._address), ("till_pin_of_cafe", cafe.id))
        for scope, subject in tries:
            if (wait := await rates.hit(scope, subject)) is not None:
                return self._html(cafe, state="pin_too_often", status=429, retry_after=wait)
        if form is None:
            return self._html(cafe, state="foreign", status=403)
        return await self._answered(lambda cafe: self._ticket(cafe, form))

    async def does(
        self,
        work: Callable[[dict[str, str]], Reply],
        *,
        lost: Callable[[dict[str, str]], None] = lambda form: None,
    ) -> Response:
        """Answer what the signed-in till asked for; `lost` is told what could not be done."""
        if self._cafe is None:
            return self._nothing_here()
        form = await self._form()
        if (wait := await self._edge.doors.rates.hit("till", self._address)) is not None:
            return too_many_page(self._edge, wait=wait, headers=HEADERS, cafe=self._cafe)
        if form is None:
            return self._html(self._cafe, state="foreign", status=403)
        return await self._answered(lambda cafe: self._done(cafe, form, work), lost=lambda: lost(form))

    def _page(self, cafe: Cafe, *, code: str) -> Response:
        shift = self._desk.shift(cafe.id, self._held())
        return self._html(cafe, state="code" if shift == "signed_in" else shift, code=code)

    def _ticket(self, cafe: Cafe, form: dict[str, str]) -> Response:
        ticket = self._desk.sign_in(cafe.id, form["pin"])
        if ticket is None:
            return self._html(cafe, state="pin_wrong", code=form["code"], status=403)
        after = f"?lang={self._language(cafe)}" + (f"&code={quote(form['code'])}" if form["code"] else "")
        response = RedirectResponse(f"/till/{cafe.id}{after}", status_code=303, headers=HEADERS)
        response.set_cookie(
            COOKIE,
            ticket,
            max_age=int(SHIFT.total_seconds()),
            path=f"/till/{cafe.id}",
            secure=self._request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
        return response

    def _done(self, cafe: Cafe, form: dict[str, str], work: Callable[[dict[str, str]], Reply]) -> Response:
        shift = self._desk.shift(cafe.id, self._held())
        if shift != "signed_in":
            return self._html(cafe, state=shift, code=form["code"], status=403)
        return self._html(cafe, state="code", reply=work(form))

    async def _answered(self, work: Callable[[Cafe], Response], *, lost: Callable[[], None] = lambda: None) -> Response:
        assert self._cafe is not None
        try:
            return await asyncio.to_thread(work, self._cafe)
        except (PilotError, OSError):
            lost()
            return away_page(self._edge, headers=HEADERS, cafe=self._cafe, again=f"/till/{self._cafe.id}")

    def _html(
        self,
        cafe: Cafe,
        *,
        state: str,
        code: str = "",
        reply: Reply | None = None,
        status: int = 200,
        retry_after: float | None = None,
    ) -> Response:
        text = till_page(
            cafe=cafe,
            language=self._language(cafe),
            state=state,
            code=code,
            request=secrets.token_urlsafe(REQUEST_BYTES),
            reply=reply,
        )
        more = {} if retry_after is None else {"Retry-After": str(int(retry_after) + 1)}
        return HTMLResponse(text, status_code=status, headers={**HEADERS, **more})

    async def _form(self) -> dict[str, str] | None:
        """Return the fields, cut to what can be meant; None where another site's page sent them."""
        body = (await self._request.body()).decode("utf-8", "replace")
        if not same_site_post(self._request.headers, host=self._request.headers.get("host", "")):
            return None
        given = parse_qs(body, max_num_fields=10)
        return {name: given.get(name, [""])[0].strip()[:MOST_TYPED] for name in ("code", "pin", "request")}

    def _held(self) -> str:
        return self._request.cookies.get(COOKIE, "")

    def _language(self, cafe: Cafe) -> Language:
        return language_asked_for(self._request, cafe, default=cafe.languages[0])

    def _nothing_here(self) -> Response:
        return HTMLResponse(
            door_page("nothing_here", cafe=None, now=self._edge.clock.now()), status_code=404, headers=HEADERS
        )
