"""The routes of the till's page: plain forms that work on any phone without a script."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from urllib.parse import parse_qs, quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from payouts.redeeming import RedeemingReply
from payouts.till_sign_in import DEVICE_DAYS, INVITED, SHIFT
from pilot.cafes import Cafe, Language
from pilot.composed import composed
from pilot.errors import PilotError
from voice_edge.doors.rates import counted_address
from voice_edge.edge import Edge
from voice_edge.http.page.door import door_page
from voice_edge.http.requests import same_site_post
from voice_edge.http.responses import away_response, requested_language, too_many_response
from voice_edge.http.security import TILL_PERMISSIONS
from voice_edge.http.till.page import till_page
from voice_edge.http.till.service import TillService

HEADERS = {
    "Cache-Control": "no-store",
    "Permissions-Policy": TILL_PERMISSIONS,
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
COOKIE = "till"
DEVICE_COOKIE = "till_device"
DEVICE_SECONDS = DEVICE_DAYS * 24 * 3600
MOST_INVITATION = 128
MOST_TYPED = 64  # characters of a field that are read
REQUEST_BYTES = 12


def till_routes(edge: Edge) -> APIRouter:
    """Return the routes of the till's page."""
    router = APIRouter()
    service = TillService(edge.codes.open_store, secret=edge.secret, clock=edge.clock)

    @router.get("/till/{cafe_id}")
    async def till(cafe_id: str, request: Request) -> Response:
        return await _TillRequest(edge, service, cafe_id, request).open()

    @router.post("/till/{cafe_id}/sign-in")
    async def sign_in(cafe_id: str, request: Request) -> Response:
        return await _TillRequest(edge, service, cafe_id, request).sign_in()

    @router.post("/till/{cafe_id}/redeem")
    async def redeem(cafe_id: str, request: Request) -> Response:
        till_request = _TillRequest(edge, service, cafe_id, request)
        return await till_request.perform(
            lambda form: service.redeem(cafe_id, form["code"], request=form["request"]),
            on_failure=lambda form: service.queue_failure(cafe_id, form["code"]),
        )

    @router.post("/till/{cafe_id}/undo")
    async def undo(cafe_id: str, request: Request) -> Response:
        till_request = _TillRequest(edge, service, cafe_id, request)
        return await till_request.perform(lambda form: service.undo(cafe_id, form["code"]))

    return router


class _TillRequest:
    """One request of a till."""

    def __init__(self, edge: Edge, service: TillService, cafe_id: str, request: Request) -> None:
        self._edge = edge
        self._service = service
        self._cafe = edge.cafe(cafe_id)
        self._request = request
        self._address = counted_address(request.client.host if request.client else "")
        self._device = service.device(cafe_id, request.cookies.get(DEVICE_COOKIE, ""))

    async def open(self) -> Response:
        """Return the form for the code, or the one for the PIN."""
        if self._cafe is None:
            return self._nothing_here()
        if (wait := await self._edge.doors.rates.hit("till", self._device or self._address)) is not None:
            return too_many_response(self._edge, wait=wait, headers=HEADERS, cafe=self._cafe)
        if invitation := self._request.query_params.get("till", "")[:MOST_INVITATION]:
            return await self._in_thread(lambda cafe: self._welcome(cafe, invitation))
        code = composed(self._request.query_params.get("code", "")[:MOST_TYPED])
        return await self._in_thread(lambda cafe: self._page(cafe, code=code))

    async def sign_in(self) -> Response:
        """Sign the till in and redirect to its page, or return the form with an error."""
        if self._cafe is None:
            return self._nothing_here()
        cafe = self._cafe
        if (wait := await self._edge.doors.rates.hit("till", self._device or self._address)) is not None:
            return too_many_response(self._edge, wait=wait, headers=HEADERS, cafe=cafe)
        form = await self._form()
        if form is None:
            return self._html(cafe, state="foreign", status=403)
        if (wait := await self._pin_wait(cafe)) is not None:
            return self._html(cafe, state="pin_too_often", code=form["code"], status=429, retry_after=wait)
        response = await self._in_thread(lambda cafe: self._ticket(cafe, form))
        if response.status_code == 303:
            await self._make_known(cafe, response)
        return response

    async def _pin_wait(self, cafe: Cafe) -> float | None:
        """Count a try before its PIN is checked, since tries may come at once; return the seconds to wait."""
        hit = self._edge.doors.rates.hit
        if self._device is not None:
            device = f"{cafe.id}:{self._device}"
            if (wait := await hit("till_pin_of_device", device)) is not None:
                return wait
            is_first = await hit("till_first_pin_of_device", device) is None
            return await hit("till_first_known_pins_of_cafe" if is_first else "till_known_pins_of_cafe", cafe.id)
        if (wait := await hit("till_pin", self._address)) is not None:
            return wait
        is_first = await hit("till_first_pin", self._address) is None
        return await hit("till_first_pins_of_cafe" if is_first else "till_pins_of_cafe", cafe.id)

    async def perform(
        self,
        work: Callable[[dict[str, str]], RedeemingReply],
        *,
        on_failure: Callable[[dict[str, str]], None] = lambda form: None,
    ) -> Response:
        """Return the page with the result of `work`; call `on_failure` if the store is away."""
        if self._cafe is None:
            return self._nothing_here()
        if (wait := await self._edge.doors.rates.hit("till", self._device or self._address)) is not None:
            return too_many_response(self._edge, wait=wait, headers=HEADERS, cafe=self._cafe)
        form = await self._form()
        if form is None:
            return self._html(self._cafe, state="foreign", status=403)
        return await self._in_thread(lambda cafe: self._perform(cafe, form, work), on_failure=lambda: on_failure(form))

    def _page(self, cafe: Cafe, *, code: str) -> Response:
        shift = self._service.shift(cafe.id, self._presented_ticket())
        return self._html(cafe, state="code" if shift == "signed_in" else shift, code=code)

    def _welcome(self, cafe: Cafe, invitation: str) -> Response:
        """Make a till known by its manager's link, and take the link out of its address."""
        response = RedirectResponse(f"/till/{cafe.id}?lang={self._language(cafe)}", status_code=303, headers=HEADERS)
        device = self._service.invited(cafe.id, invitation)
        if device is not None and self._device is None:
            self._set_cookie(response, DEVICE_COOKIE, self._service.mark(cafe.id, device=device), DEVICE_SECONDS)
        return response

    def _ticket(self, cafe: Cafe, form: dict[str, str]) -> Response:
        ticket = self._service.sign_in(cafe.id, form["pin"])
        if ticket is None:
            return self._html(cafe, state="pin_wrong", code=form["code"], status=403)
        after = f"?lang={self._language(cafe)}" + (f"&code={quote(form['code'])}" if form["code"] else "")
        response = RedirectResponse(f"/till/{cafe.id}{after}", status_code=303, headers=HEADERS)
        self._set_cookie(response, COOKIE, ticket, int(SHIFT.total_seconds()))
        return response

    async def _make_known(self, cafe: Cafe, response: Response) -> None:
        """Make a till that signed in known; beyond a café's new tills of a day it stays a stranger."""
        device = None if self._device is None or self._device.startswith(INVITED) else self._device
        if device is None and await self._edge.doors.rates.hit("till_new_devices", cafe.id) is not None:
            return
        self._set_cookie(response, DEVICE_COOKIE, self._service.mark(cafe.id, device=device), DEVICE_SECONDS)

    def _set_cookie(self, response: Response, name: str, value: str, seconds: int) -> None:
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path=f"/till/{self._cafe.id if self._cafe else ''}",
            secure=self._request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )

    def _perform(self, cafe: Cafe, form: dict[str, str], work: Callable[[dict[str, str]], RedeemingReply]) -> Response:
        shift = self._service.shift(cafe.id, self._presented_ticket())
        if shift != "signed_in":
            return self._html(cafe, state=shift, code=form["code"], status=403)
        return self._html(cafe, state="code", reply=work(form))

    async def _in_thread(
        self, work: Callable[[Cafe], Response], *, on_failure: Callable[[], None] = lambda: None
    ) -> Response:
        assert self._cafe is not None
        try:
            return await asyncio.to_thread(work, self._cafe)
        except (PilotError, OSError):
            on_failure()
            return away_response(self._edge, headers=HEADERS, cafe=self._cafe, again=f"/till/{self._cafe.id}")

    def _html(
        self,
        cafe: Cafe,
        *,
        state: str,
        code: str = "",
        reply: RedeemingReply | None = None,
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
        """Return the fields, each cut to its longest valid length; None if another site's page sent them."""
        body = (await self._request.body()).decode("utf-8", "replace")
        if not same_site_post(self._request.headers, host=self._request.headers.get("host", "")):
            return None
        given = parse_qs(body, max_num_fields=10)
        return {name: composed(given.get(name, [""])[0].strip()[:MOST_TYPED]) for name in ("code", "pin", "request")}

    def _presented_ticket(self) -> str:
        return self._request.cookies.get(COOKIE, "")

    def _language(self, cafe: Cafe) -> Language:
        return requested_language(self._request, cafe, default=cafe.languages[0])

    def _nothing_here(self) -> Response:
        return HTMLResponse(
            door_page("nothing_here", cafe=None, now=self._edge.clock.now()), status_code=404, headers=HEADERS
        )
