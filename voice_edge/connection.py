"""One WebSocket: receiving with sizes checked, sending whole messages in order, closing once."""

from __future__ import annotations

import asyncio

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from voice_edge.protocol import CloseCode, Outgoing

SEND_SECONDS = 10.0  # A page that does not read for so long is gone.


class ConnectionLost(Exception):  # not an EdgeError: nobody is left to read it
    """The page is not there any more."""


class Connection:
    """The page's end of a session."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._turnstile = asyncio.Lock()
        self.closed_with: int | None = None

    async def receive(self) -> str | bytes:
        """Return the next message.

        Raises:
            ConnectionLost: there will be none.
        """
        if self.closed_with is not None:
            raise ConnectionLost
        try:
            message = await self._socket.receive()
        except (WebSocketDisconnect, RuntimeError):
            raise ConnectionLost from None
        if message["type"] == "websocket.disconnect":
            raise ConnectionLost
        text: str | None = message.get("text")
        body: bytes | None = message.get("bytes")
        return text if text is not None else body or b""

    async def send(self, message: Outgoing) -> None:
        """Send one message; to a page that is gone nothing is sent, and its reader says so."""
        async with self._turnstile:
            if self.closed_with is not None or self._socket.application_state is not WebSocketState.CONNECTED:
                return
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await self._socket.send_text(message.wire())
            except (WebSocketDisconnect, RuntimeError, OSError, TimeoutError):
                self.closed_with = 1006

    async def close(self, code: CloseCode) -> None:
        """Close with `code`, once."""
        async with self._turnstile:
            if self.closed_with is not None:
                return
            self.closed_with = int(code)
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await self._socket.close(int(code))
            except (WebSocketDisconnect, RuntimeError, OSError, TimeoutError):
                pass  # The page went first.
