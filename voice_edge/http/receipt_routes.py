"""The receipt: a page that works for as long as its address is kept, and erasing the answers from it.

An open page asks for its `state`, a short text that changes when what it shows does, and then loads itself anew.

The secret in the path is what a guest holds; erasing is a POST from our own page, works without JavaScript, and says
that it is done only once it is.
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
from voice_edge.http import page
from voice_edge.http.doors.answers import away_page, language_asked_for, too_many_page
from voice_edge.http.doors.pages import erase_page
from voice_edge.http.plain_page import unknown_receipt_page
from voice_edge.http.requests import same_site_post
from voice_edge.http.security import content_security_policy
from voice_edge.receipts.receipt import KeptReceipt
from voice_edge.receipts.reward_shown import RewardShown, reward_shown

HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
RETRY_SECONDS = 60


def receipt_routes(edge: Edge) -> APIRouter:
    """Return the routes of a receipt."""
    router = APIRouter()

    @router.get("/r/{token}")
    async def receipt(token: str, request: Request) -> Response:
        found = await found_receipt(token, request, edge=edge, scope="receipt")
        if isinstance(found, Response):
            return found
        kept, cafe, language = found
        await edge.bank.look(kept, wait=False)
        reward_ore = prospective_reward_ore(
            edge.cafes.pilot, score=kept.receipt.preliminary_score, eligible=kept.receipt.preliminary_eligible
        )
        text = page.receipt_page(
            receipt=kept.receipt,
            cafe=cafe,
            language=language,
            reward_ore=reward_ore,
            simulated=kept.receipt.simulated,
            path=f"/r/{token}",
            erased_on=business_day(kept.erased_at) if kept.erased_at is not None else None,
            beyond_trial=kept.beyond_trial,
            reward=shown_reward(kept, edge=edge),
            bank_offered=edge.bank.offered(kept),
            rail_note=edge.bank.note(language),
        )
        return HTMLResponse(text, headers=bank_headers(request, edge=edge))

    @router.get("/r/{token}/state")
    async def state(token: str, request: Request) -> Response:
        found = await found_receipt(token, request, edge=edge, scope="receipt_state")
        if isinstance(found, Response):
            return found
        kept, _, _ = found
        await edge.bank.look(kept, wait=False)
        erased = kept.erased_at is not None
        return JSONResponse(
            {"state": page.receipt_state(shown_reward(kept, edge=edge), erased=erased)}, headers=HEADERS
        )

    @router.get("/r/{token}/erase")
    async def ask(token: str, request: Request) -> Response:
        found = await found_receipt(token, request, edge=edge, scope="receipt")
        if isinstance(found, Response):
            return found
        kept, cafe, language = found
        if kept.erased_at is not None:
            return to_receipt(token, language)
        text = erase_page(cafe=cafe, day=kept.receipt.day, language=language, token=token, state="ask")
        return HTMLResponse(text, headers=HEADERS)

    @router.post("/r/{token}/erase")
    async def erase(token: str, request: Request) -> Response:
        found = await found_receipt(token, request, edge=edge, scope="erasure")
        if isinstance(found, Response):
            return found
        kept, cafe, language = found
        if not same_site_post(request.headers, host=request.headers.get("host", "")):
            text = erase_page(cafe=cafe, day=kept.receipt.day, language=language, token=token, state="foreign")
            return HTMLResponse(text, status_code=403, headers=HEADERS)
        try:
            await edge.receipts.erase(kept.receipt)
        except (PilotError, OSError):
            text = erase_page(cafe=cafe, day=kept.receipt.day, language=language, token=token, state="later")
            return HTMLResponse(text, status_code=503, headers={**HEADERS, "Retry-After": str(RETRY_SECONDS)})
        return to_receipt(token, language)

    return router


async def found_receipt(
    token: str, request: Request, *, edge: Edge, scope: Scope
) -> tuple[KeptReceipt, Cafe, Language] | Response:
    """Return the receipt, its café and the page's language, or the page that says why not."""
    address = counted_address(request.client.host if request.client else "")
    rates = edge.doors.rates
    if (wait := await rates.hit(scope, address)) is not None:
        return too_many_page(edge, wait=wait, headers=HEADERS)
    try:
        kept = await edge.receipts.find(token)
    except (PilotError, OSError):
        return away_page(edge, headers=HEADERS, again=f"/r/{token}")
    cafe = edge.cafe(kept.receipt.cafe) if kept is not None else None
    if kept is None or cafe is None:
        if (wait := await rates.hit("unknown_receipt", address)) is not None:
            return too_many_page(edge, wait=wait, headers=HEADERS)
        return HTMLResponse(unknown_receipt_page(), status_code=404, headers=HEADERS)
    return kept, cafe, language_asked_for(request, cafe, default=kept.receipt.language)


def shown_reward(kept: KeptReceipt, *, edge: Edge) -> RewardShown | None:
    """Return the reward as the receipt shows it."""
    return reward_shown(
        kept.decision,
        kept.voucher,
        payout=kept.payout,
        secret=edge.secret,
        public_url=edge.settings.public_url,
        now=edge.clock.now(),
    )


def bank_headers(request: Request, *, edge: Edge) -> dict[str, str]:
    """Return the headers of a page whose form may lead to the provider."""
    policy = content_security_policy(request.headers.get("host", ""), forms_lead_to=edge.bank.origin)
    return {**HEADERS, "Content-Security-Policy": policy}


def to_receipt(token: str, language: Language) -> Response:
    """Return the way back to the receipt."""
    return RedirectResponse(f"/r/{token}?lang={language}", status_code=303, headers=HEADERS)
