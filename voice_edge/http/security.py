"""Security headers of every response, and the origins that may open a WebSocket."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pilot.cafes import Cafes

PERMISSIONS = "microphone=(self), screen-wake-lock=(self), camera=(), geolocation=(), payment=(), usb=()"
TILL_PERMISSIONS = PERMISSIONS.replace("microphone=(self)", "microphone=()").replace("camera=()", "camera=(self)")
# Nothing inline or foreign; the microphone and the wake lock for our own pages only.
HEADERS = {
    "Permissions-Policy": PERMISSIONS,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
HSTS = "max-age=31536000"
HOST = re.compile(r"[A-Za-z0-9.\-\[\]:]{1,255}")


def content_security_policy(host: str, *, form_redirect_origins: str = "", cdn_url: str = "") -> str:
    """Return the policy of a page at `host`.

    It names the WebSocket's origin, because Safari before 15.4 does not count it as 'self'.

    Args:
        host: The page's Host header.
        form_redirect_origins: The foreign origins to which a form's response may redirect; empty for none.
        cdn_url: The host of scripts, styles and pictures; empty for the page's own.
    """
    own = f"'self' {cdn_url.rstrip('/')}".rstrip()
    sockets = f" ws://{host} wss://{host}" if HOST.fullmatch(host) else ""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {own}",
            f"style-src {own}",
            f"img-src {own}",
            "media-src 'self'",
            f"worker-src {own}",
            f"connect-src 'self'{sockets}",
            f"form-action 'self' {form_redirect_origins}".rstrip(),
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


class SecurityHeaders:
    """Adds the headers to every HTTP response that does not set them itself."""

    def __init__(self, app: ASGIApp, *, cdn_url: str = "") -> None:
        self._app = app
        self._cdn_url = cdn_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        policy = content_security_policy(Headers(scope=scope).get("host", ""), cdn_url=self._cdn_url)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", policy)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope.get("scheme") == "https":
                    headers.setdefault("Strict-Transport-Security", HSTS)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def origin_allowed(origin: str | None, *, host: str, public_url: str, cafes: Cafes) -> bool:
    """Return whether a page of `origin` may open the WebSocket.

    Allowed are this host, the public address and the cafés' domains. Clients that are not browsers send no origin.
    """
    if origin is None:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:  # half an IPv6 address
        return False
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return False
    if parts.netloc.lower() == host.lower():
        return True
    public = urlsplit(public_url)
    if (parts.scheme, parts.netloc) == (public.scheme, public.netloc):
        return True
    return parts.scheme == "https" and parts.netloc in {cafe.domain for cafe in cafes.cafe}
