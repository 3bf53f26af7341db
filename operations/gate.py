"""A gate in front of a page on loopback: refuses the requests of another site's page."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = ("127.0.0.1", "localhost")
FOREIGN_SITES = ("cross-site", "same-site")  # Another port of this machine is of the same site.
FOREIGN = "This request comes from another site's page."
# With "no-referrer" a browser would send the Origin of a page's own form as null.
HEADERS = {"X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff"}


def own_hosts(url: str, *, inside: str = "") -> tuple[str, ...]:
    """Return the names by which a page may be called: of its addresses, and of this machine.

    Args:
        url: The address for a person's browser.
        inside: The address inside a private network; empty if it is on this machine.
    """
    return tuple(dict.fromkeys((*HOSTS, *(name for each in (url, inside) if (name := urlsplit(each).hostname)))))


def foreign_reason(connection: HTTPConnection) -> str:
    """Return the reason for refusing a request or WebSocket of another site; empty if it is allowed.

    Local programs send neither an Origin nor Sec-Fetch-Site and pass; a rebound name is refused by its Host.
    """
    headers, is_socket = connection.headers, connection.scope["type"] == "websocket"
    origins = headers.getlist("origin")
    if any(not _same_origin(origin, host=headers.get("host", "")) for origin in origins):
        return FOREIGN
    if is_socket and not origins:
        return "A WebSocket needs an Origin: only this page may open one."
    # A link on another site may open a page here, but no other request may come from there.
    opens_a_page = not is_socket and connection.scope["method"] == "GET" and headers.get("sec-fetch-mode") == "navigate"
    return FOREIGN if headers.get("sec-fetch-site") in FOREIGN_SITES and not opens_a_page else ""


def _same_origin(origin: str, *, host: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower() != ""


def gate(*, hosts: tuple[str, ...] = HOSTS, also: Callable[[HTTPConnection], str] = lambda _: "") -> list[Middleware]:
    """Return the middleware that checks the host, then the origin.

    Args:
        hosts: The names by which the page may be called.
        also: Returns the reason for refusing a request of the own site; empty if it is allowed.
    """
    return [
        Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
        Middleware(Gate, also=also),
    ]


class Gate:
    """Middleware that answers a refused request with status 403, and protects pages from framing."""

    def __init__(self, app: ASGIApp, *, also: Callable[[HTTPConnection], str]) -> None:
        self._app = app
        self._also = also

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one request or WebSocket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        connection = HTTPConnection(scope)
        if reason := foreign_reason(connection) or self._also(connection):
            await PlainTextResponse(f"{reason}\n", status_code=403)(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)
