"""Responses that several pages share: too many requests, and a store that is away."""

from __future__ import annotations

import math
from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import HTMLResponse

from pilot.cafes import Cafe, Language
from voice_edge.edge import Edge
from voice_edge.http.page.door import door_page

RETRY_SECONDS = 60


def too_many_response(
    edge: Edge, *, wait: float, headers: Mapping[str, str], cafe: Cafe | None = None, again: str = ""
) -> HTMLResponse:
    """Return the page for requests above a rate limit."""
    text = door_page("too_many", cafe=cafe, now=edge.clock.now(), again=again)
    return HTMLResponse(text, status_code=429, headers={**headers, "Retry-After": str(math.ceil(wait))})


def away_response(edge: Edge, *, headers: Mapping[str, str], cafe: Cafe | None = None, again: str = "") -> HTMLResponse:
    """Return the page for maintenance, and for a store that does not answer."""
    text = door_page("maintenance", cafe=cafe, now=edge.clock.now(), again=again)
    return HTMLResponse(text, status_code=503, headers={**headers, "Retry-After": str(RETRY_SECONDS)})


def requested_language(request: Request, cafe: Cafe, *, default: str) -> Language:
    """Return the language of `?lang=`, else `default`; the café's first if it does not serve that one."""
    requested = request.query_params.get("lang", default)
    return next((language for language in cafe.languages if language == requested), cafe.languages[0])
