"""The test customer's WebSocket: timed JSON messages and audio on one clock."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from proving.journey.errors import JourneyFailed

PATH = "/ws/v1"
OPEN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message of the edge.

    Attributes:
        at_ms: When it arrived, on the client's clock.
        kind: The message's type.
        fields: All fields of the message.
    """

    at_ms: float
    kind: str
    fields: dict[str, Any]


class Connection:
    """An open connection to the edge."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._zero = time.perf_counter()

    def now_ms(self) -> float:
        """Return the client's clock in milliseconds, like a page's performance.now()."""
        return (time.perf_counter() - self._zero) * 1000.0

    async def send(self, kind: str, **fields: Any) -> None:
        """Send one message."""
        await self._socket.send(json.dumps({"type": kind, **fields}, ensure_ascii=False))

    async def send_audio(self, body: bytes) -> None:
        """Send one audio frame."""
        await self._socket.send(body)

    async def arrivals(self) -> AsyncIterator[ReceivedMessage]:
        """Yield the edge's messages until it closes the connection."""
        async for text in self._socket:
            fields = json.loads(text)
            yield ReceivedMessage(at_ms=self.now_ms(), kind=str(fields.get("type")), fields=fields)

    @property
    def transport(self) -> asyncio.Transport:
        """Return the transport below, for clients that misbehave on purpose."""
        return self._socket.transport

    @property
    def close_code(self) -> int | None:
        """Return the close code, None while the connection is open."""
        return self._socket.close_code

    def closing(self) -> str:
        """Return the close code as text."""
        return f"close code {self._socket.close_code}"


@asynccontextmanager
async def connected(public_url: str, *, user_agent: str | None = None) -> AsyncIterator[Connection]:
    """Open a connection to the edge at an address.

    Args:
        public_url: The pilot's public address.
        user_agent: The client's name; the edge identifies devices by it.

    Raises:
        JourneyFailed: the edge does not answer, or closed the connection early.
    """
    parts = urlsplit(public_url)
    url = urlunsplit(("wss" if parts.scheme == "https" else "ws", parts.netloc, parts.path.rstrip("/") + PATH, "", ""))
    try:
        async with connect(
            url, open_timeout=OPEN_SECONDS, proxy=None, max_size=1 << 20, user_agent_header=user_agent
        ) as socket:
            yield Connection(socket)
    except ConnectionClosed as error:
        code = error.rcvd.code if error.rcvd else "none"
        raise JourneyFailed(
            f"The edge hung up in the middle (close code {code}).", remedy="Its log says why: .logs/edge.log."
        ) from None
    except (OSError, TimeoutError, InvalidHandshake, InvalidURI) as error:
        raise JourneyFailed(
            f"No conversation at {url}: {type(error).__name__}.", remedy="See `pilot health`; is `pilot run` up?"
        ) from None
