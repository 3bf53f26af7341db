"""Two small pages in both languages: the front door without a code, and a receipt that nobody has."""

from __future__ import annotations

from html import escape

from pilot.cafes import Cafes, Language
from pilot.words import say

LANGUAGES: tuple[Language, Language] = ("sv", "en")


def front_page(cafes: Cafes) -> str:
    """Return the page at `/`: which cafés take part, and how to give feedback."""
    names = "".join(f"<li><strong>{escape(cafe.name)}</strong>, {escape(cafe.city)}</li>" for cafe in cafes.cafe)
    return _page("front", after=f"<ul>{names}</ul>")


def unknown_receipt_page() -> str:
    """Return the page at a receipt's address that nothing is kept under."""
    return _page("unknown_receipt")


def _page(key: str, *, after: str = "") -> str:
    title = escape(say("edge", f"{key}.title", "sv"))
    parts = []
    for language in LANGUAGES:
        level = "h1" if language == "sv" else "h2"
        parts.append(
            f'<section class="notice-part" lang="{language}"><{level}>{escape(say("edge", f"{key}.title", language))}'
            f"</{level}><p>{escape(say('edge', f'{key}.text', language))}</p></section>"
        )
    return (
        '<!doctype html>\n<html lang="sv">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex">\n'
        f"<title>{title}</title>\n"
        '<link rel="icon" href="/static/cup.svg" type="image/svg+xml">\n'
        '<link rel="stylesheet" href="/static/page.css">\n</head>\n'
        f'<body class="plain">\n<main class="sheet">\n{"".join(parts)}\n{after}\n</main>\n</body>\n</html>\n'
    )
