"""The HTTP protocol of the edge: each phase of a request has a deadline, and its headers a size.

uvicorn waits for ever for the headers and the body of a request, and for the reader of a response.
"""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from voice_edge.http.open_connections import OpenConnections
from voice_edge.http.socket_limits import SocketLimits


class EdgeConfig(uvicorn.Config):
    """The server's configuration with the limits and the register of its connections."""

    def __init__(self, *args: Any, limits: SocketLimits, connections: OpenConnections, **options: Any) -> None:
        super().__init__(*args, **options)
        self.socket_limits = limits
        self.open_connections = connections


class EdgeHttp(HttpToolsProtocol):
    """Serves one connection until it is closed or becomes a WebSocket."""

    def __init__(
        self,
        config: EdgeConfig,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = config.socket_limits
        self._open = config.open_connections
        self._deadline: asyncio.TimerHandle | None = None
        self._in_headers = True
        self._header_bytes = 0
        self._lost = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Register the connection, or abort it."""
        super().connection_made(transport)
        if self._open.admit(transport, address=self.client[0] if self.client else ""):
            self._expect_within(self._limits.header_seconds)
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove the connection from the register."""
        self._lost = True
        self._cancel_deadline()
        self._open.leave(self.transport)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what has arrived, and refuse headers that are too large."""
        super().data_received(data)
        if self._in_headers:
            self._header_bytes += len(data)
            if self._header_bytes > self._limits.header_bytes and not self.transport.is_closing():
                self.send_400_response("The request's headers are too large.")

    def on_message_begin(self) -> None:
        """Await the headers of a request."""
        super().on_message_begin()
        self._in_headers = True
        self._header_bytes = 0
        self._expect_within(self._limits.header_seconds)

    def on_headers_complete(self) -> None:
        """Await the body of a request."""
        self._in_headers = False
        self._open.serve(self.transport)
        self._expect_within(self._limits.request_seconds)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Await the response."""
        super().on_message_complete()
        answered = getattr(self.cycle, "response_complete", True)  # A WebSocket's request has no cycle.
        self._expect_within(self._limits.idle_seconds if answered else self._limits.response_seconds)

    def on_response_complete(self) -> None:
        """Await the next request."""
        if self.pipeline:
            self._expect_within(self._limits.response_seconds)
        else:
            self._open.wait(self.transport)
            self._expect_within(self._limits.idle_seconds)
        super().on_response_complete()

    def handle_websocket_upgrade(self) -> None:
        """Pass the connection on to the WebSocket protocol, which has deadlines of its own."""
        super().handle_websocket_upgrade()
        if not self.transport.is_closing():
            self._cancel_deadline()

    def _expect_within(self, seconds: float) -> None:
        self._cancel_deadline()
        if not self._lost:  # A closing connection still waits until its page has read everything.
            self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
