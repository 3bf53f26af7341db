"""From the voucher to a bank account and back: the choice, the way to the provider, and two ways back.

A link of the provider's is made on a click only, for it is good once and for minutes; this address of ours is what can
be kept. That a guest comes back says nothing: the provider is asked.
"""

from __future__ import annotations

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from pilot.cafes import Cafe, Language
from pilot.errors import PilotError
from voice_edge.edge import Edge
from voice_edge.http.bank.page import TroubleKind, choice_page, trouble_page
from voice_edge.http.receipt_routes import HEADERS, bank_headers, found_receipt, shown_reward, to_receipt
from voice_edge.http.requests import same_site_post
from voice_edge.receipts.bank_account import BankTrouble, Trouble
from voice_edge.receipts.receipt import KeptReceipt

STATUS: dict[TroubleKind, int] = {
    "away": 503,
    "away_claimed": 503,
    "refused": 503,
    "refused_claimed": 503,
    "none": 409,
    "foreign": 403,
}
# Once the reward is claimed there is no voucher to promise.
CLAIMED: dict[Trouble, TroubleKind] = {"away": "away_claimed", "refused": "refused_claimed"}


def bank_routes(edge: Edge) -> APIRouter:
    """Return the routes between a receipt and the provider of payments."""
    router = APIRouter()

    @router.get("/r/{token}/bank")
    async def choose(token: str, request: Request) -> Response:
        found = await found_receipt(token, request, edge=edge, scope="receipt")
        if isinstance(found, Response):
            return found
        kept, cafe, language = found
        shown = shown_reward(kept, edge=edge)
        if shown is None or shown.state != "ready" or not edge.bank.offered(kept) or kept.erased_at is not None:
            return to_receipt(token, language)
        try:
            known = await edge.bank.known(kept)
        except (PilotError, OSError):
            known = None
        text = choice_page(
            cafe=cafe,
            language=language,
            path=f"/r/{token}",
            amount_ore=shown.amount_ore,
            note=edge.bank.note(language),
            known=known,
            simulated=kept.receipt.simulated,
        )
        return HTMLResponse(text, headers=bank_headers(request, edge=edge))

    @router.post("/r/{token}/bank")
    async def go(token: str, request: Request, account: str = Form(default="known")) -> Response:
        found = await found_receipt(token, request, edge=edge, scope="bank")
        if isinstance(found, Response):
            return found
        kept, cafe, language = found
        if not same_site_post(request.headers, host=request.headers.get("host", "")):
            return _trouble("foreign", request, token=token, cafe=cafe, language=language, edge=edge)
        return await _go(kept, request, token=token, cafe=cafe, language=language, edge=edge, new=account == "new")

    @router.get("/r/{token}/bank/again")
    async def again(token: str, request: Request) -> Response:
        found = await found_receipt(token, request, edge=edge, scope="bank")
        if isinstance(found, Response):
            return found
        kept, cafe, language = found
        if kept.payout is None:
            return to_receipt(token, language)  # Only a guest who was on the way there is sent on without a button.
        return await _go(kept, request, token=token, cafe=cafe, language=language, edge=edge, new=False)

    @router.get("/r/{token}/bank/back")
    async def back(token: str, request: Request) -> Response:
        found = await found_receipt(token, request, edge=edge, scope="bank")
        if isinstance(found, Response):
            return found
        kept, _, language = found
        await edge.bank.look(kept, wait=True)
        return to_receipt(token, language)

    return router


async def _go(
    kept: KeptReceipt, request: Request, *, token: str, cafe: Cafe, language: Language, edge: Edge, new: bool
) -> Response:
    shown = shown_reward(kept, edge=edge)
    if shown is None or shown.state not in ("ready", "bank"):
        return _trouble("none", request, token=token, cafe=cafe, language=language, edge=edge)
    ours = f"{edge.settings.public_url.rstrip('/')}/r/{token}/bank"
    try:
        url = await edge.bank.go(
            kept, new=new, back_url=f"{ours}/back?lang={language}", again_url=f"{ours}/again?lang={language}"
        )
    except BankTrouble as trouble:
        kind: TroubleKind = CLAIMED.get(trouble.what, trouble.what) if shown.state == "bank" else trouble.what
        return _trouble(kind, request, token=token, cafe=cafe, language=language, edge=edge)
    return RedirectResponse(url, status_code=303, headers=HEADERS)


def _trouble(
    kind: TroubleKind, request: Request, *, token: str, cafe: Cafe, language: Language, edge: Edge
) -> Response:
    text = trouble_page(cafe=cafe, language=language, path=f"/r/{token}", kind=kind)
    return HTMLResponse(text, status_code=STATUS[kind], headers=bank_headers(request, edge=edge))
