"""The routes of a receipt: its page, its state, and the erasing of its answers.

An open page polls its `state`, a short text that changes when its content does, and then reloads itself.

The secret in the path authorizes the guest. Erasing is a POST from our own page, works without JavaScript, and is
confirmed only once it is done.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from payouts.rewards import prospective_reward_ore
from pilot.business_days import business_day
from pilot.cafes import Cafe, Language
from pilot.errors import PilotError
from voice_edge.doors.rates import Scope, counted_address
from voice_edge.edge import Edge
from voice_edge.http.page.answers import answer_views
from voice_edge.http.page.erase import erase_page
from voice_edge.http.page.front import unknown_receipt_page
from voice_edge.http.page.receipt import receipt_page, receipt_state
from voice_edge.http.requests import same_site_post
from voice_edge.http.responses import away_response, requested_language, too_many_response
from voice_edge.http.security import content_security_policy
from voice_edge.receipts.receipt import ReceiptStatus
from voice_edge.receipts.reward_view import RewardView, reward_view

HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
RETRY_SECONDS = 60


def receipt_routes(edge: Edge) -> APIRouter:
    """Return the routes of a receipt."""
    router = APIRouter()

    @router.get("/r/{token}")
    async def receipt(token: str, request: Request) -> Response:
        found = await find_receipt(token, request, edge=edge, scope="receipt")
        if isinstance(found, Response):
            return found
        status, cafe, language = found
        await edge.bank.refresh(status, wait=False)
        reward_ore = prospective_reward_ore(
            edge.cafes.pilot, score=status.receipt.preliminary_score, eligible=status.receipt.preliminary_eligible
        )
        text = receipt_page(
            receipt=status.receipt,
            cafe=cafe,
            language=language,
            reward_ore=reward_ore,
            simulated=status.receipt.simulated,
            path=f"/r/{token}",
            erased_on=business_day(status.erased_at) if status.erased_at is not None else None,
            beyond_trial=status.beyond_trial,
            reward=reward_of(status, edge=edge),
            bank_offered=edge.bank.offered(status),
            rail_note=edge.bank.note(language),
            answers=answer_views(status.answers, language=language),
        )
        return HTMLResponse(text, headers=bank_headers(request, edge=edge))

    @router.get("/r/{token}/state")
    async def state(token: str, request: Request) -> Response:
        found = await find_receipt(token, request, edge=edge, scope="receipt_state")
        if isinstance(found, Response):
            return found
        status, _, _ = found
        await edge.bank.refresh(status, wait=False)
        erased = status.erased_at is not None
        return JSONResponse({"state": receipt_state(reward_of(status, edge=edge), erased=erased)}, headers=HEADERS)

    @router.get("/r/{token}/erase")
    async def ask(token: str, request: Request) -> Response:
        found = await find_receipt(token, request, edge=edge, scope="receipt")
        if isinstance(found, Response):
            return found
        status, cafe, language = found
        if status.erased_at is not None:
            return to_receipt(token, language)
        text = erase_page(cafe=cafe, day=status.receipt.day, language=language, token=token, state="ask")
        return HTMLResponse(text, headers=HEADERS)

    @router.post("/r/{token}/erase")
    async def erase(token: str, request: Request) -> Response:
        found = await find_receipt(token, request, edge=edge, scope="erasure")
        if isinstance(found, Response):
            return found
        status, cafe, language = found
        if not same_site_post(request.headers, host=request.headers.get("host", "")):
            text = erase_page(cafe=cafe, day=status.receipt.day, language=language, token=token, state="foreign")
            return HTMLResponse(text, status_code=403, headers=HEADERS)
        try:
            await edge.receipts.erase(status.receipt)
        except (PilotError, OSError):
            text = erase_page(cafe=cafe, day=status.receipt.day, language=language, token=token, state="later")
            return HTMLResponse(text, status_code=503, headers={**HEADERS, "Retry-After": str(RETRY_SECONDS)})
        return to_receipt(token, language)

    return router


async def find_receipt(
    token: str, request: Request, *, edge: Edge, scope: Scope
) -> tuple[ReceiptStatus, Cafe, Language] | Response:
    """Return the receipt's status, its café and the page's language; or the response that refuses it.

    A found receipt is counted under its own token, so that no stranger at its guest's address uses up its requests.
    """
    address = counted_address(request.client.host if request.client else "")
    rates = edge.doors.rates
    try:
        status = await edge.receipts.find(token)
    except (PilotError, OSError):
        return away_response(edge, headers=HEADERS, again=f"/r/{token}")
    cafe = edge.cafe(status.receipt.cafe) if status is not None else None
    if status is None or cafe is None:
        if (wait := await rates.hit("unknown_receipt", address)) is not None:
            return too_many_response(edge, wait=wait, headers=HEADERS)
        return HTMLResponse(unknown_receipt_page(), status_code=404, headers=HEADERS)
    if address is not None and (wait := await rates.hit(scope, token)) is not None:
        return too_many_response(edge, wait=wait, headers=HEADERS, cafe=cafe)
    return status, cafe, requested_language(request, cafe, default=status.receipt.language)


def reward_of(status: ReceiptStatus, *, edge: Edge) -> RewardView | None:
    """Return the receipt's view of its reward; None before the decision."""
    return reward_view(
        status.decision,
        status.voucher,
        payout=status.payout,
        frozen=status.frozen,
        secret=edge.secret,
        public_url=edge.settings.public_url,
        now=edge.clock.now(),
    )


def bank_headers(request: Request, *, edge: Edge) -> dict[str, str]:
    """Return the headers of a page whose form may redirect to the provider."""
    policy = content_security_policy(
        request.headers.get("host", ""), form_redirect_origins=edge.bank.origin, cdn_url=edge.settings.cdn_url
    )
    return {**HEADERS, "Content-Security-Policy": policy}


def to_receipt(token: str, language: Language) -> Response:
    """Return a redirect to the receipt."""
    return RedirectResponse(f"/r/{token}?lang={language}", status_code=303, headers=HEADERS)
