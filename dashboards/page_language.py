"""Middleware that serves Streamlit's page as Swedish, under the product's name."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PRODUCT = "Kafépiloten"

# Streamlit 1.67 hard-codes both: until its script runs, a screen reader would read Swedish with an English voice.
REPLACED = (
    (b'<html lang="en">', b'<html lang="sv">'),
    (b"<title>Streamlit</title>", f"<title>{PRODUCT}</title>".encode()),
)


class PageLanguage:
    """Replaces the language and the title of every HTML page."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the application that serves the pages."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; only a request for a page is changed."""
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self._app(scope, receive, send)
            return
        # A compressed or partial page could not be searched.
        unwanted = (b"accept-encoding", b"range", b"if-range")
        asked = [(name, value) for name, value in scope["headers"] if name not in unwanted]
        await self._app({**scope, "headers": asked}, receive, _Page(send))


class _Page:
    """Sends a response; an HTML page is sent whole, once it is complete."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = message
            return
        if self._start is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        for old, new in REPLACED:
            self._body = self._body.replace(old, new)
        headers = MutableHeaders(raw=self._start["headers"])
        if self._body:
            headers["content-length"] = str(len(self._body))
        else:  # The answer to a HEAD does not know the length of the page.
            del headers["content-length"]
        await self._send(self._start)
        await self._send({**message, "body": self._body})


def _is_page(message: Message) -> bool:
    return message["status"] == 200 and Headers(raw=message["headers"]).get("content-type", "").startswith("text/html")
