"""Reads the head of a phone's request and rewrites it for the server on loopback.

The server trusts a proxy on loopback. So the forwarded headers are replaced by the phone's real address, as rate limits
and the closed `/metrics` need it, and the connection ends after its first request: no later head passes unread.
"""

from __future__ import annotations

import asyncio

import h11

MAX_HEAD_BYTES = 16 * 1024
CHUNK_BYTES = 64 * 1024
PROXYS_OWN = (b"forwarded", b"via", b"x-real-ip", b"connection", b"keep-alive", b"proxy-connection")
PROXYS_PREFIX = b"x-forwarded-"


class InvalidHead(Exception):
    """The connection begins with no valid head of a request, or with one that is too long."""


async def read_head(reader: asyncio.StreamReader, *, phone: str) -> bytes:
    """Return the rewritten head, followed by the bytes that arrived with it.

    Args:
        reader: The phone's connection.
        phone: The phone's address.

    Raises:
        InvalidHead: there is no valid head.
    """
    parser = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD_BYTES)
    try:
        while not isinstance(event := parser.next_event(), h11.Request):
            chunk = await reader.read(CHUNK_BYTES)
            if event is not h11.NEED_DATA or not chunk:
                raise InvalidHead
            parser.receive_data(chunk)
        rewritten = h11.Connection(h11.CLIENT).send(_rewritten(event, phone=phone))
    except (h11.ProtocolError, ValueError):
        raise InvalidHead from None
    return (rewritten or b"") + parser.trailing_data[0]


def _rewritten(request: h11.Request, *, phone: str) -> h11.Request:
    kept = [
        (name, value)
        for name, value in request.headers
        if name not in PROXYS_OWN and not name.replace(b"_", b"-").startswith(PROXYS_PREFIX)
    ]
    opens_socket = request.method == b"GET" and any(
        name == b"upgrade" and value.lower() == b"websocket" for name, value in kept
    )
    if not opens_socket:
        kept = [(name, value) for name, value in kept if name != b"upgrade"]
    own = [
        (b"x-forwarded-for", phone.encode()),
        (b"x-forwarded-proto", b"https"),
        (b"connection", b"Upgrade" if opens_socket else b"close"),
    ]
    return h11.Request(method=request.method, target=request.target, headers=kept + own)
