"""A relay that terminates TLS on the local network and forwards each request to a server on loopback.

A connection carries one request, whose head names the phone's address; bodies, answers and WebSockets pass unchanged.
The edge sees the phone's Host and Origin.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from operations.phone.request_head import InvalidHead, read_head
from pilot.errors import PilotError

LOOPBACK = "127.0.0.1"
MAX_CONNECTIONS = 100
MAX_CONNECTIONS_PER_ADDRESS = 40
CHUNK_BYTES = 64 * 1024
TLS_TIMEOUT_SECONDS = 10.0
HEAD_TIMEOUT_SECONDS = 10.0
INVALID = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class PortTaken(PilotError):
    """Another process uses the port."""


@asynccontextmanager
async def tls_relay(*, address: str, port: int, to_port: int, context: ssl.SSLContext) -> AsyncIterator[int]:
    """Relay from one address to a loopback port within a `with` block; yield the port.

    Args:
        address: The address to listen on.
        port: The port to listen on; 0 for any.
        to_port: The edge's port.
        context: The server's TLS context.

    Raises:
        PortTaken: another process uses the port.
    """
    open_now: dict[asyncio.Task[None], str] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task, phone = asyncio.current_task(), str(writer.get_extra_info("peername")[0])
        assert task is not None
        open_now[task] = phone
        try:
            of_phone = sum(each == phone for each in open_now.values())
            if len(open_now) <= MAX_CONNECTIONS and of_phone <= MAX_CONNECTIONS_PER_ADDRESS:
                await _relay(reader, writer, phone=phone, to_port=to_port)
        finally:
            del open_now[task]
            await _close(writer)

    try:
        server = await asyncio.start_server(
            serve, address, port, ssl=context, ssl_handshake_timeout=TLS_TIMEOUT_SECONDS
        )
    except OSError as error:
        raise PortTaken(
            f"{address}:{port} cannot be listened on ({error.strerror}).", remedy="Choose another with --port."
        ) from None
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in tuple(open_now):
            task.cancel()
        await asyncio.gather(*open_now, return_exceptions=True)


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, phone: str, to_port: int) -> None:
    try:
        async with asyncio.timeout(HEAD_TIMEOUT_SECONDS):
            head = await read_head(reader, phone=phone)
    except InvalidHead:
        writer.write(INVALID)
        return
    except (OSError, TimeoutError):
        return
    try:
        edge_reader, edge_writer = await asyncio.open_connection(LOOPBACK, to_port)
    except OSError:
        return  # The edge is restarting; the page reconnects by itself.
    edge_writer.write(head)
    # TLS has no half-closed connections: whichever side ends first ends both.
    ways = [asyncio.create_task(_copy(reader, edge_writer)), asyncio.create_task(_copy(edge_reader, writer))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        await _close(edge_writer)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, asyncio.CancelledError):
        await writer.wait_closed()
