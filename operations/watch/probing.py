"""One probe: opens a café's page as a phone would, and says whether it was the page."""

from __future__ import annotations

import html
import time
from collections.abc import Callable

import httpx

from operations.watch.pages import Page
from pilot.events import Probe

TIMEOUT_SECONDS = 8.0
OK_STATUS = 200


def open_client() -> httpx.Client:
    """Return a client without a memory between probes: no cookies kept alive, a new connection each time."""
    return httpx.Client(
        timeout=TIMEOUT_SECONDS,
        follow_redirects=True,
        limits=httpx.Limits(max_keepalive_connections=0),
        headers={"user-agent": "pilot-watch/1", "accept-language": "sv,en;q=0.5"},
    )


def probe(
    page: Page, *, client: httpx.Client, every_seconds: int, clock: Callable[[], float] = time.perf_counter
) -> Probe:
    """Open the page once.

    It is good when it answers with 200 and shows the café's name: another page in its place is down, too.

    Args:
        page: What to open.
        client: From `open_client`.
        every_seconds: How often this is done: the time that one probe stands for.
        clock: Seconds, for the duration.
    """
    began = clock()
    status: int | None = None
    try:
        answer = client.get(page.url)
        status = answer.status_code
        ok = status == OK_STATUS and page.name in html.unescape(answer.text)
    except (httpx.HTTPError, httpx.InvalidURL):
        ok = False
    return Probe(
        target="customer_page",
        ok=ok,
        status=status,
        duration_ms=max(0.0, (clock() - began) * 1000.0),
        every_seconds=every_seconds,
    )
