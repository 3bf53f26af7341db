"""The HTML of the sign-in's pages, in the reader's language."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Literal, cast
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pilot.words import say

Language = Literal["sv", "en"]
COOKIE = "entrance_language"
YEAR_SECONDS = 31_536_000
# The pages have no script at all, and no token leaves in a Referer.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
}

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def language_of(request: Request) -> Language:
    """Return the language: of the address, as chosen before, of the browser, else Swedish."""
    chosen = request.query_params.get("lang") or request.cookies.get(COOKIE)
    if chosen in ("sv", "en"):
        return cast(Language, chosen)
    first = request.headers.get("accept-language", "sv").partition(",")[0].strip().lower()
    return "en" if first[:2] == "en" else "sv"


def page(
    request: Request, template: str, *, title: str, status: int = 200, fault: str = "", done: str = "", **values: object
) -> Response:
    """Return a page.

    Args:
        request: The request.
        template: The template's name.
        title: The key of the page's title.
        status: The HTTP status.
        fault: The key of an error; empty for none.
        done: The key of what was done; empty for nothing.
        values: What the template needs besides.
    """
    language = language_of(request)
    other: Language = "en" if language == "sv" else "sv"
    speak = partial(say, "entrance", language=language)
    kept = {name: value for name, value in request.query_params.items() if name != "lang"}
    response = HTMLResponse(
        _templates.get_template(f"{template}.html").render(
            language=language,
            other=other,
            other_url=f"{request.url.path}?{urlencode({**kept, 'lang': other})}",
            say=lambda key, **fields: speak(key, **fields),
            title=speak(title),
            fault=speak(fault) if fault else "",
            done=speak(done) if done else "",
            **values,
        ),
        status_code=status,
        headers=HEADERS,
    )
    if request.query_params.get("lang") == language:
        response.set_cookie(COOKIE, language, max_age=YEAR_SECONDS, httponly=True, samesite="lax")
    return response
