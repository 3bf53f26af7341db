"""The WebSocket protocol of the edge: aborts a dead connection instead of waiting for it.

uvicorn closes a transport gently and waits until the other side has read everything. A page that vanished reads
nothing, so its connection would remain for as long as TCP retries.
"""

from __future__ import annotations

import asyncio

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from voice_edge.conversation.connection import ABORT
from voice_edge.http.http_protocol import EdgeConfig

GOODBYE_SECONDS = 2.0  # From the edge's close frame to the page's answer.


class EdgeWebSocket(WebSocketsSansIOProtocol):
    """Aborts a connection whose page answers neither ping nor close, and lets the session abort it."""

    _deadline: asyncio.TimerHandle | None = None

    async def run_asgi(self) -> None:
        """Serve the connection; the session finds `abort` among the extensions."""
        extensions = self.scope.get("extensions")
        if extensions is not None:
            extensions[ABORT] = {"cut": self.transport.abort}
        await super().run_asgi()

    def keepalive_timeout(self) -> None:
        """Abort the connection of a page that has not answered a ping in time."""
        super().keepalive_timeout()
        self._abort_soon()

    def shutdown(self) -> None:
        """Close the connection because the server stops."""
        super().shutdown()
        self._abort_soon()

    async def send(self, message: ASGISendEvent) -> None:
        """Send one ASGI message."""
        await super().send(message)
        if message["type"] == "websocket.close":
            self._abort_soon()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the pending abort of a connection that has ended, and remove it from the register."""
        if self._deadline is not None:
            self._deadline.cancel()
        if isinstance(self.config, EdgeConfig):
            self.config.open_connections.leave(self.transport)
        super().connection_lost(exc)

    def _abort_soon(self) -> None:
        if self._deadline is None and not self.disconnected:
            self._deadline = self.loop.call_later(GOODBYE_SECONDS, self.transport.abort)
