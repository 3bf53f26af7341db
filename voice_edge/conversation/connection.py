"""One WebSocket: receives messages, sends from a bounded queue in order, closes once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from voice_edge.protocol import CloseCode, Outgoing

STALLED_SECONDS = 10.0  # After this time without reading, a page counts as gone.
CLOSE_SECONDS = 1.0  # For the queued messages and the closing handshake.
MOST_WAITING_MESSAGES = 256
MOST_WAITING_CHARACTERS = 512 * 1024
ABORT = "voice_edge.abort"  # ASGI extension that aborts the connection; see `voice_edge.http.websocket`.
LOST = 1006


class ConnectionLost(Exception):  # not an EdgeError: there is no page to show it to
    """The page has disconnected."""


class Connection:
    """The connection to a session's page.

    `send` never waits: a page that reads slowly delays only its own queue, and one that stops reading is cut off.
    Call `end` when nothing more will be sent.
    """

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._waiting: deque[str] = deque()
        self._characters = 0
        self._news = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._closing: CloseCode | None = None
        self.closed_with: int | None = None
        self.cut_off = False

    async def receive(self) -> str | bytes:
        """Return the next message.

        Raises:
            ConnectionLost: the page has disconnected.
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
        """Queue one message; discard it if the page has disconnected, which `receive` reports."""
        if self.closed_with is not None or self._closing is not None:
            return
        text = message.wire()
        self._waiting.append(text)
        self._characters += len(text)
        if len(self._waiting) > MOST_WAITING_MESSAGES or self._characters > MOST_WAITING_CHARACTERS:
            self._cut_off()
            return
        self._wake()

    async def close(self, code: CloseCode) -> None:
        """Send the queued messages, then close with `code`; later calls have no effect."""
        if self.closed_with is None and self._closing is None:
            self._closing = code
            self._wake()
        writer = self._writer
        if writer is not None:
            _, late = await asyncio.wait({writer}, timeout=CLOSE_SECONDS)
            if late:
                self._cut_off()

    async def end(self) -> None:
        """Stop the writer and wait until it has stopped."""
        writer = self._writer
        if writer is not None:
            writer.cancel()
            await asyncio.wait({writer}, timeout=CLOSE_SECONDS)

    def _wake(self) -> None:
        self._news.set()
        if self._writer is None:
            self._writer = asyncio.create_task(self._write(), name="sending")

    async def _write(self) -> None:
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                while self._waiting:
                    text = self._waiting.popleft()
                    self._characters -= len(text)
                    if self._socket.application_state is not WebSocketState.CONNECTED:
                        self._lose()
                        return
                    async with asyncio.timeout(STALLED_SECONDS):
                        await self._socket.send_text(text)
                if self._closing is not None:
                    self.closed_with = int(self._closing)
                    async with asyncio.timeout(STALLED_SECONDS):
                        await self._socket.close(int(self._closing))
                    return
        except TimeoutError:  # Before OSError, its base class.
            self._cut_off()
        except (WebSocketDisconnect, RuntimeError, OSError):
            self._lose()

    def _cut_off(self) -> None:
        """Abort the connection to a page that does not read; `receive` raises at once."""
        self.cut_off = True
        self._lose()
        extensions: dict[str, Any] = self._socket.scope.get("extensions") or {}
        cut: Callable[[], None] | None = extensions.get(ABORT, {}).get("cut")
        if cut is not None:
            cut()
        if self._writer is not None and self._writer is not asyncio.current_task():
            self._writer.cancel()

    def _lose(self) -> None:
        self._waiting.clear()
        if self.closed_with is None:
            self.closed_with = LOST
