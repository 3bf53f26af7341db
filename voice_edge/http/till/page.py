"""The till's page as HTML."""

from __future__ import annotations

from payouts.redeeming import RedeemingReply
from pilot.cafes import Cafe, Language
from pilot.money import kronor
from pilot.words import section
from voice_edge.doors.calendar_words import day_and_clock_words
from voice_edge.http.rendering import fill_placeholders, render


def till_page(
    *, cafe: Cafe, language: Language, state: str, code: str, request: str, reply: RedeemingReply | None
) -> str:
    """Return the page.

    Args:
        cafe: The till's café.
        language: The page's language.
        state: code if the till is signed in; otherwise the obstacle: signed_out, no_pin, pin_wrong, pin_too_often,
            foreign.
        code: The initial value of the code field, from a scanned code.
        request: Identifies the next tap.
        reply: The result of the last tap; None before the first.
    """
    voucher = reply.voucher if reply is not None else None
    values = {"cafe": cafe.name, "amount": "", "when": ""}
    if voucher is not None:
        values["amount"] = kronor(voucher.amount_ore)
        values["when"] = day_and_clock_words(voucher.redeemed_at or voucher.expires_at, language)
    return render(
        "till",
        language=language,
        cafe=cafe,
        t=fill_placeholders(section("till", language), values),
        state=state,
        code=reply.code if reply is not None and reply.outcome == "unreadable" else code,
        request=request,
        reply=reply,
        simulated=voucher is not None and voucher.simulated,
    )
