"""Serves addresses as guests, scanners and link checkers send them: HEAD, capitals, a final full stop."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A message's next sentence mark, a bracket, a space or an invisible character after the address; never part of one of
# ours. A pattern for the end of a text would start anew at each mark, which is quadratic: `rstrip` looks once.
_SPACES = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
)
_SPACES += "\u2028\u2029\u202f\u205f\u3000"
_TRAILING = f"{_SPACES}./,;:!?)]}}>'\"’”»…\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"
_REPEATED_SLASHES = re.compile(r"/{2,}")
# Addresses that people type or scan. Their first part is always in lower case, as are the ids of cafés.
_FIRST_PARTS = frozenset({"c", "r", "till", "qr", "privacy", "test"})
_LOWER_THROUGHOUT = frozenset({"till", "privacy"})


def tidy_path(path: str) -> str:
    """Return `path` as the routes know it: without repeated slashes, trailing marks and capitals.

    >>> tidy_path("/C/ABC234.")
    '/c/ABC234'
    """
    head, _, _ = path.removeprefix("/").partition("/")
    if head.casefold() not in _FIRST_PARTS:
        head, _, _ = path.lstrip("/").partition("/")
        if head.casefold() not in _FIRST_PARTS:
            return path
    tidy = _REPEATED_SLASHES.sub("/", path).rstrip(_TRAILING)
    first = head.casefold()
    return tidy.casefold() if first in _LOWER_THROUGHOUT else f"/{first}{tidy[len(head) + 1 :]}"


class TidyAddresses:
    """Rewrites GET and HEAD requests before any other part reads their path, and answers HEAD like GET.

    FastAPI's routes serve GET only; a link preview or a monitor that sends HEAD would get 405.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        path = tidy_path(scope["path"])
        tidied = {**scope, "method": "GET", "path": path, "raw_path": path.encode()}
        await self._app(tidied, receive, _without_body(send) if scope["method"] == "HEAD" else send)


def _without_body(send: Send) -> Send:
    async def send_headers(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_headers
