"""The page of a code that cannot be used, in both languages."""

from __future__ import annotations

from typing import Literal

from pilot.cafes import Cafe
from pilot.words import section
from voice_edge.http.rendering import BOTH_LANGUAGES, fill_placeholders, render

NoticeKind = Literal["unknown_code", "retired_code", "wrong_cafe", "maintenance"]


def notice_page(*, kind: NoticeKind, cafe: Cafe | None = None, link: str | None = None) -> str:
    """Return the page that explains why there is no talk here and what to do.

    Args:
        kind: The reason.
        cafe: The café that the code belongs to (`wrong_cafe`), or the café of this host.
        link: Where to go instead: the right café's address, or the page to retry.
    """
    values = {"cafe": cafe.name if cafe else ""}
    return render(
        "notice",
        language="sv",
        kind=kind,
        cafe=cafe,
        link=link,
        action="wrong_cafe_link" if kind == "wrong_cafe" else "again",
        words={each: fill_placeholders(section("receipt", each), values) for each in BOTH_LANGUAGES},
    )
