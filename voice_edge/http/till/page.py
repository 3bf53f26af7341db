"""The till's page as HTML."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pilot.business_days import local_time
from pilot.cafes import Cafe, Language
from pilot.money import kronor
from pilot.words import section
from voice_edge.doors.calendar_words import day_words
from voice_edge.http.till.service import Reply

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def till_page(*, cafe: Cafe, language: Language, state: str, code: str, request: str, reply: Reply | None) -> str:
    """Return the page.

    Args:
        cafe: The till's café.
        language: The page's.
        state: code where the till is signed in; otherwise what stands in the way: signed_out, no_pin, pin_wrong,
            pin_too_often, foreign.
        code: What stands in the field already, from a scanned code.
        request: Names the next tap.
        reply: What was done with a voucher.
    """
    voucher = reply.voucher if reply is not None else None
    known = {"{cafe}": cafe.name, "{amount}": kronor(voucher.amount_ore) if voucher is not None else "", "{when}": ""}
    if voucher is not None:
        at = voucher.redeemed_at or voucher.expires_at
        local = local_time(at)
        clock = f"kl. {local:%H.%M}" if language == "sv" else f"at {local:%H:%M}"
        known["{when}"] = f"{day_words(local.date(), language)} {clock}"
    words = section("till", language)
    for placeholder, value in known.items():
        words = {key: text.replace(placeholder, value) for key, text in words.items()}
    return _environment.get_template("till.html").render(
        cafe=cafe,
        language=language,
        other="en" if language == "sv" else "sv",
        t=words,
        state=state,
        code=reply.code if reply is not None and reply.told == "unreadable" else code,
        request=request,
        reply=reply,
        simulated=voucher is not None and voucher.simulated,
    )
