"""The first page that a telephone opens, without TLS: how to trust the certificate, the certificate, and the way on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape

from operations.phone.relay import PortTaken
from pilot.cafes import Language
from pilot.words import say

LANGUAGES: tuple[Language, ...] = ("sv", "en")
AUTHORITY_PATH = "/authority.crt"
LONGEST_REQUEST_BYTES = 8 * 1024
REQUEST_WITHIN_SECONDS = 10.0
STYLE = (
    ":root{color-scheme:light dark}body{margin:0 auto;max-width:34rem;padding:1.5rem;font:1.0625rem/1.55 system-ui,"
    "sans-serif}h1{font:600 1.75rem/1.2 Georgia,serif}h2{font-size:1.125rem;margin-top:2rem}li{margin:.4rem 0}"
    "a.go{display:block;margin:1rem 0;padding:1rem;border-radius:1rem;background:#1f4a3d;color:#fff;text-align:center;"
    "font-weight:600}code{font-size:.8125rem;overflow-wrap:anywhere}"
    "section+section{margin-top:3rem;border-top:1px solid}"
)


def trust_html(*, links: dict[str, str], fingerprint: str) -> str:
    """Return the page, in both languages.

    Args:
        links: Addresses of the customers' pages, by the café's name.
        fingerprint: The authority's, to compare with the one in the terminal.
    """
    parts = []
    for language in LANGUAGES:
        ways = "".join(
            f'<a class="go" href="{escape(link)}&amp;lang={language}">{escape(name)}</a>'
            for name, link in links.items()
        )
        steps = "".join(
            f"<h2>{escape(say('phone', f'{kind}.title', language))}</h2><ol>"
            + "".join(
                f"<li>{escape(line)}</li>" for line in say("phone", f"{kind}.steps", language).splitlines() if line
            )
            + "</ol>"
            + (
                f'<a class="go" href="{AUTHORITY_PATH}">{escape(say("phone", "iphone.fetch", language))}</a>'
                f"<p>{escape(say('phone', 'iphone.compare', language))}<br><code>{fingerprint}</code></p>"
                if kind == "iphone"
                else ""
            )
            for kind in ("android", "iphone")
        )
        parts.append(
            f'<section lang="{language}"><h1>{escape(say("phone", "page.title", language))}</h1>'
            f"<p>{escape(say('phone', 'page.lead', language))}</p>{steps}"
            f"<h2>{escape(say('phone', 'page.go', language))}</h2>{ways}"
            f"<p>{escape(say('phone', 'page.after', language))}</p></section>"
        )
    return (
        '<!doctype html>\n<html lang="sv"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(say('phone', 'page.title', 'sv'))}</title><style>{STYLE}</style></head>"
        f"<body>{''.join(parts)}</body></html>"
    )


@asynccontextmanager
async def offering(*, address: str, port: int, html: str, authority: bytes) -> AsyncIterator[int]:
    """Serve the page and the authority's certificate until the end of the `with` block; gives the port.

    Raises:
        PortTaken: somebody else listens there.
    """
    answers = {
        "/": ("text/html; charset=utf-8", html.encode()),
        AUTHORITY_PATH: ("application/x-x509-ca-cert", authority),
    }

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(REQUEST_WITHIN_SECONDS):
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
        server = await asyncio.start_server(serve, address, port, limit=LONGEST_REQUEST_BYTES)
    except OSError as error:
        raise PortTaken(
            f"{address}:{port} cannot be listened on ({error.strerror}).", remedy="Choose another with --first-port."
        ) from None
    async with server:
        yield int(server.sockets[0].getsockname()[1])
