"""The first page on a phone, without TLS: how to trust the certificate, and links to the cafés' pages."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from operations.phone.relay import PortTaken
from pilot.words import LANGUAGES, say

AUTHORITY_PATH = "/authority.crt"
MAX_REQUEST_BYTES = 8 * 1024
REQUEST_TIMEOUT_SECONDS = 10.0

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render_trust_page(*, links: dict[str, str], fingerprint: str) -> str:
    """Return the page's HTML, in both languages.

    Args:
        links: Addresses of the customers' pages, by the café's name; each has a query string.
        fingerprint: The authority's fingerprint, to compare with the one in the terminal.
    """
    return _environment.get_template("trust.html").render(
        say=partial(say, "phone"),
        languages=LANGUAGES,
        links=links,
        fingerprint=fingerprint,
        authority_path=AUTHORITY_PATH,
    )


@asynccontextmanager
async def serve_trust_page(*, address: str, port: int, html: str, authority: bytes) -> AsyncIterator[int]:
    """Serve the page and the authority's certificate within a `with` block; yield the port.

    Raises:
        PortTaken: another process uses the port.
    """
    answers = {
        "/": ("text/html; charset=utf-8", html.encode()),
        AUTHORITY_PATH: ("application/x-x509-ca-cert", authority),
    }

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(REQUEST_TIMEOUT_SECONDS):
                request = await reader.readuntil(b"\r\n\r\n")
                method, path, *_ = request.decode("latin-1").split(" ", 2)
                kind, body = answers.get(path.split("?")[0], ("text/plain", b""))
                status = "405 Method Not Allowed" if method != "GET" else "200 OK" if body else "404 Not Found"
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
                    "Cache-Control: no-store\r\nConnection: close\r\n\r\n".encode()
                    + body
                )
                await writer.drain()
        writer.close()

    try:
        server = await asyncio.start_server(serve, address, port, limit=MAX_REQUEST_BYTES)
    except OSError as error:
        raise PortTaken(
            f"{address}:{port} cannot be listened on ({error.strerror}).", remedy="Choose another with --first-port."
        ) from None
    async with server:
        yield int(server.sockets[0].getsockname()[1])
