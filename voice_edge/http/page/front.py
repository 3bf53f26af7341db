"""The front door without a code, and the page of an unknown receipt, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pilot.cafes import Cafe, Cafes
from pilot.words import say
from voice_edge.http.rendering import BOTH_LANGUAGES, render


def front_page(cafes: Cafes) -> str:
    """Return the page at `/`: the participating cafés, and how to give feedback."""
    return _page("front", cafes=cafes.cafe)


def unknown_receipt_page() -> str:
    """Return the page of a receipt address that opens no receipt."""
    return _page("unknown_receipt")


def _page(key: Literal["front", "unknown_receipt"], *, cafes: Sequence[Cafe] = ()) -> str:
    parts = [
        {
            "language": language,
            "title": say("edge", f"{key}.title", language),
            "text": say("edge", f"{key}.text", language),
        }
        for language in BOTH_LANGUAGES
    ]
    return render("front", language="sv", parts=parts, cafes=cafes)
