"""What several pages at the door answer alike: too many at once, the store away, which language."""

from __future__ import annotations

import math
from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import HTMLResponse

from pilot.cafes import Cafe, Language
from voice_edge.edge import Edge
from voice_edge.http.doors.pages import door_page

AWAY_SECONDS = 60


def too_many_page(
    edge: Edge, *, wait: float, headers: Mapping[str, str], cafe: Cafe | None = None, again: str = ""
) -> HTMLResponse:
    """Return the page for more requests than anybody needs."""
    text = door_page("too_many", cafe=cafe, now=edge.clock.now(), again=again)
    return HTMLResponse(text, status_code=429, headers={**headers, "Retry-After": str(math.ceil(wait))})


def away_page(edge: Edge, *, headers: Mapping[str, str], cafe: Cafe | None = None, again: str = "") -> HTMLResponse:
    """Return the page for maintenance, and for a store that does not answer."""
    text = door_page("maintenance", cafe=cafe, now=edge.clock.now(), again=again)
    return HTMLResponse(text, status_code=503, headers={**headers, "Retry-After": str(AWAY_SECONDS)})


def language_asked_for(request: Request, cafe: Cafe, *, default: str) -> Language:
    """Return the language to show: the one asked for in the address, else `default`, where the café speaks it."""
    asked = request.query_params.get("lang", default)
    return next((language for language in cafe.languages if language == asked), cafe.languages[0])
