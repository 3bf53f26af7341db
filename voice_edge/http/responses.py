"""Responses that several pages share: too many requests, and a store that is away."""

from __future__ import annotations

import math
from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import HTMLResponse

from pilot.cafes import Cafe, Language
from voice_edge.doors.entrance import Refusal
from voice_edge.edge import Edge
from voice_edge.http.page.door import door_page

RETRY_SECONDS = 60
MOST_RETRY_SECONDS = 3600  # Maintenance may end early.


def too_many_response(
    edge: Edge, *, wait: float, headers: Mapping[str, str], cafe: Cafe | None = None, again: str = ""
) -> HTMLResponse:
    """Return the page for requests above a rate limit."""
    text = door_page("too_many", cafe=cafe, now=edge.clock.now(), again=again)
    return HTMLResponse(text, status_code=429, headers={**headers, "Retry-After": str(math.ceil(wait))})


def away_response(
    edge: Edge,
    *,
    headers: Mapping[str, str],
    cafe: Cafe | None = None,
    again: str = "",
    refusal: Refusal | None = None,
) -> HTMLResponse:
    """Return the page for maintenance, until its expected end, and for a store that does not answer."""
    now = edge.clock.now()
    text = door_page("maintenance", cafe=cafe, now=now, refusal=refusal, again=again)
    left = RETRY_SECONDS
    if refusal is not None and refusal.until is not None:
        left = min(max(RETRY_SECONDS, math.ceil((refusal.until - now).total_seconds())), MOST_RETRY_SECONDS)
    return HTMLResponse(text, status_code=503, headers={**headers, "Retry-After": str(left)})


def requested_language(request: Request, cafe: Cafe, *, default: str) -> Language:
    """Return the language of `?lang=`, else `default`; the café's first if it does not serve that one."""
    requested = request.query_params.get("lang", default)
    return next((language for language in cafe.languages if language == requested), cafe.languages[0])
