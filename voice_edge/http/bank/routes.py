"""The routes from a voucher to a bank account: the choice, the redirect to the provider, the return.

A provider's link is created on a click, because it works only once and for minutes; our own address is durable. A
guest's return proves nothing, so the provider is queried.
"""

from __future__ import annotations

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from pilot.cafes import Cafe, Language
from pilot.errors import PilotError
from voice_edge.edge import Edge
from voice_edge.http.bank.page import FaultKind, choice_page, fault_page
from voice_edge.http.receipt_routes import HEADERS, bank_headers, find_receipt, reward_of, to_receipt
from voice_edge.http.requests import same_site_post
from voice_edge.receipts.bank_onboarding import BankFault, BankFaultCode
from voice_edge.receipts.receipt import ReceiptStatus

STATUS: dict[FaultKind, int] = {
    "away": 503,
    "away_claimed": 503,
    "refused": 503,
    "refused_claimed": 503,
    "none": 409,
    "foreign": 403,
}
# A claimed reward has no voucher left to promise.
CLAIMED: dict[BankFaultCode, FaultKind] = {"away": "away_claimed", "refused": "refused_claimed"}


def bank_routes(edge: Edge) -> APIRouter:
    """Return the routes between a receipt and the payment provider."""
    router = APIRouter()

    @router.get("/r/{token}/bank")
    async def choose(token: str, request: Request) -> Response:
        found = await find_receipt(token, request, edge=edge, scope="receipt")
        if isinstance(found, Response):
            return found
        status, cafe, language = found
        reward = reward_of(status, edge=edge)
        if reward is None or reward.state != "ready" or not edge.bank.offered(status) or status.erased_at is not None:
            return to_receipt(token, language)
        try:
            known = await edge.bank.known_recipient(status)
        except (PilotError, OSError):
            known = None
        text = choice_page(
            cafe=cafe,
            language=language,
            path=f"/r/{token}",
            amount_ore=reward.amount_ore,
            note=edge.bank.note(language),
            known=known,
            simulated=status.receipt.simulated,
        )
        return HTMLResponse(text, headers=bank_headers(request, edge=edge))

    @router.post("/r/{token}/bank")
    async def go(token: str, request: Request, account: str = Form(default="known")) -> Response:
        found = await find_receipt(token, request, edge=edge, scope="bank")
        if isinstance(found, Response):
            return found
        status, cafe, language = found
        if not same_site_post(request.headers, host=request.headers.get("host", "")):
            return _fault("foreign", request, token=token, cafe=cafe, language=language, edge=edge)
        return await _redirect(
            status, request, token=token, cafe=cafe, language=language, edge=edge, new=account == "new"
        )

    @router.get("/r/{token}/bank/again")
    async def again(token: str, request: Request) -> Response:
        found = await find_receipt(token, request, edge=edge, scope="bank")
        if isinstance(found, Response):
            return found
        status, cafe, language = found
        if status.payout is None:
            return to_receipt(
                token, language
            )  # Only a guest who has already chosen an account is redirected without a button.
        return await _redirect(status, request, token=token, cafe=cafe, language=language, edge=edge, new=False)

    @router.get("/r/{token}/bank/back")
    async def back(token: str, request: Request) -> Response:
        found = await find_receipt(token, request, edge=edge, scope="bank")
        if isinstance(found, Response):
            return found
        status, _, language = found
        await edge.bank.refresh(status, wait=True)
        return to_receipt(token, language)

    return router


async def _redirect(
    status: ReceiptStatus, request: Request, *, token: str, cafe: Cafe, language: Language, edge: Edge, new: bool
) -> Response:
    reward = reward_of(status, edge=edge)
    if reward is None or reward.state not in ("ready", "bank"):
        return _fault("none", request, token=token, cafe=cafe, language=language, edge=edge)
    ours = f"{edge.settings.public_url.rstrip('/')}/r/{token}/bank"
    try:
        url = await edge.bank.onboarding_url(
            status, new=new, back_url=f"{ours}/back?lang={language}", again_url=f"{ours}/again?lang={language}"
        )
    except BankFault as fault:
        kind: FaultKind = CLAIMED.get(fault.code, fault.code) if reward.state == "bank" else fault.code
        return _fault(kind, request, token=token, cafe=cafe, language=language, edge=edge)
    return RedirectResponse(url, status_code=303, headers=HEADERS)


def _fault(kind: FaultKind, request: Request, *, token: str, cafe: Cafe, language: Language, edge: Edge) -> Response:
    text = fault_page(cafe=cafe, language=language, path=f"/r/{token}", kind=kind)
    return HTMLResponse(text, status_code=STATUS[kind], headers=bank_headers(request, edge=edge))
