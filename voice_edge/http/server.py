"""The uvicorn server of a replica: WebSocket limits and a graceful shutdown."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from voice_edge.doors.limits import MAX_SOCKET_MESSAGE_BYTES
from voice_edge.edge import Edge
from voice_edge.http.http_protocol import EdgeConfig, EdgeHttp
from voice_edge.http.open_connections import OpenConnections, TrustedProxies
from voice_edge.http.socket_limits import SocketLimits, open_files_limit, socket_limits
from voice_edge.http.websocket import EdgeWebSocket

WS_PING_SECONDS = 20.0
WS_PONG_SECONDS = 20.0
STOP_SECONDS = 1  # After the sessions have ended (at most 6.5 s); no customer waits on the remaining connections.


class EdgeServer(uvicorn.Server):
    """Closes sessions with 1001 before uvicorn would with 1012, so that pages resume elsewhere."""

    def __init__(self, config: uvicorn.Config, *, edge: Edge) -> None:
        super().__init__(config)
        self._edge = edge

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM, but do not raise them again: code after `run` must execute."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {each: signal.signal(each, self.handle_exit) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting connections, send pages to another replica, stop."""
        for server in self.servers:
            server.close()
        await self._edge.sessions.drain()
        await super().shutdown(sockets)


def edge_server(
    app: FastAPI,
    *,
    edge: Edge,
    host: str,
    port: int,
    loop: str = "auto",
    ping_seconds: float = WS_PING_SECONDS,
    pong_seconds: float = WS_PONG_SECONDS,
    sockets: SocketLimits | None = None,
) -> EdgeServer:
    """Return the server of one replica; without `sockets` its limits follow from the process's open files."""
    limits = sockets or socket_limits(open_files_limit())
    trusted = TrustedProxies(edge.settings.trusted_proxies)
    config = EdgeConfig(
        app,
        limits=limits,
        connections=OpenConnections(limits, trusted=trusted),
        host=host,
        port=port,
        loop=loop,
        http=EdgeHttp,
        ws=EdgeWebSocket,
        ws_max_size=MAX_SOCKET_MESSAGE_BYTES,
        ws_ping_interval=ping_seconds,
        ws_ping_timeout=pong_seconds,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=STOP_SECONDS,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=edge.settings.trusted_proxies,
        access_log=False,  # A receipt's address is a secret: no path is logged.
        log_config=None,
    )
    return EdgeServer(config, edge=edge)
