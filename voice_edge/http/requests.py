"""Checks every HTTP request before its route: host, path, method, body size and a form's origin."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pilot.cafes import Cafes

METHODS = frozenset({"GET", "HEAD", "POST"})
COUNTS_PREFIX = "/api/counts/"
PUT_PREFIXES = (COUNTS_PREFIX,)  # PUT is refused elsewhere.
LARGEST_BODY_BYTES = 16 * 1024
LARGEST_UPLOAD_BYTES = 2 * 1024 * 1024  # 45 s of sound are 1.4 MB.
LARGEST_WEBHOOK_BYTES = 256 * 1024  # The largest event that payouts cause has about 20 KiB.
MOST_BYTES_AT = {"/v1/rest": LARGEST_UPLOAD_BYTES, "/webhooks/stripe": LARGEST_WEBHOOK_BYTES}
LONGEST_PATH = 256  # The longest of ours, a receipt's, has about 60 characters.
WITHOUT_HOST_PREFIXES = ("/health/",)  # Machines address the replica by its internal name.
INTERNAL_NAME_PREFIXES = ("/metrics",)


def host_allowed(host: str, *, public_url: str, cafes: Cafes) -> bool:
    """Return whether a request with this Host header is served.

    A name must be the public address', a café's or this machine's. A bare IP address is allowed: DNS rebinding cannot
    make it the origin of a foreign page.
    """
    try:
        name = (urlsplit(f"//{host}").hostname or "") if host else ""
    except ValueError:  # half an IPv6 address
        return False
    if name == "localhost" or name.endswith(".localhost") or name == (urlsplit(public_url).hostname or ""):
        return True
    if name in {cafe.domain for cafe in cafes.cafe}:
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def internal_host(host: str) -> bool:
    """Return whether a Host header is an internal name, such as edge1:8000.

    A name without a dot is none that a stranger can register: DNS rebinding cannot make it a foreign page's origin.
    """
    return re.fullmatch(r"[A-Za-z0-9_-]+(?::\d+)?", host) is not None


def same_site_post(headers: Headers, *, host: str) -> bool:
    """Return whether a POST comes from our own page, according to the browser's headers.

    The pages send no referrer, so a form's Origin is `null`, and Sec-Fetch-Site decides. A browser that sends neither
    is so old that the secret in the path must suffice.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    try:
        return origin in (None, "null") or urlsplit(origin or "").netloc.lower() == host.lower()
    except ValueError:
        return False


class RequestDoor:
    """Refuses requests before any route reads them."""

    def __init__(self, app: ASGIApp, *, public_url: str, cafes: Cafes) -> None:
        self._app = app
        self._public_url = public_url
        self._cafes = cafes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refused = self._refused(scope)
        if refused is None:
            await self._app(scope, _limited(receive, most=_most(scope)), send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})  # Before it is accepted: HTTP 403.
        else:
            await PlainTextResponse(refused[1], status_code=refused[0])(scope, receive, send)

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        if not self._host_serves(scope["path"], headers.get("host", "")):
            return 421, "This server does not answer for that name. Its operator sets PILOT_PUBLIC_URL.\n"
        if len(scope["path"]) > LONGEST_PATH:
            return 414, "The address is too long.\n"
        if scope["type"] == "websocket":
            return None
        put = scope["method"] == "PUT" and scope["path"].startswith(PUT_PREFIXES)
        if not put and scope["method"] not in METHODS:
            return 405, "This method is not served.\n"
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > _most(scope):
            return 413, "The request is too large.\n"
        return None

    def _host_serves(self, path: str, host: str) -> bool:
        if path.startswith(WITHOUT_HOST_PREFIXES):
            return True
        if path.startswith(INTERNAL_NAME_PREFIXES) and internal_host(host):
            return True
        return host_allowed(host, public_url=self._public_url, cafes=self._cafes)


def _most(scope: Scope) -> int:
    return MOST_BYTES_AT.get(scope["path"], LARGEST_BODY_BYTES)


def _limited(receive: Receive, *, most: int) -> Receive:
    received = 0

    async def limited() -> Message:
        nonlocal received
        message = await receive()
        if message["type"] == "http.request":
            received += len(message.get("body", b""))
            if received > most:
                return {"type": "http.disconnect"}
        return message

    return limited
