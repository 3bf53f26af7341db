"""Runs the stand-in on a free loopback port during a test."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import uvicorn

from tests.ollama_server.server import StandIn


@contextlib.asynccontextmanager
async def running(app: StandIn) -> AsyncIterator[str]:
    """Serve `app` and yield its address."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listening:  # A client that connects before the server serves waits.
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            server.force_exit = True
            await serving
