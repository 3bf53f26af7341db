"""Silent and slow connections end at their deadlines, and prompt ones are served."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import httpx
import pytest

from tests.waiting import DEADLINE_SECONDS
from voice_edge.http.socket_limits import SocketLimits

SHORT = 0.2
LONG = 3_600.0
FORM_WITHOUT_END = (
    b"POST /r/token/bank HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 9\r\n\r\nac"
)
PATIENT = SocketLimits(
    connections=100, header_seconds=LONG, request_seconds=LONG, response_seconds=LONG, idle_seconds=LONG
)


def impatient(phase: str) -> SocketLimits:
    """Return limits with one short deadline, so that only this one can end a connection."""
    phases = ("header_seconds", "request_seconds", "response_seconds", "idle_seconds")
    return SocketLimits(connections=100, **{each: SHORT if each == phase else LONG for each in phases})


async def answer_until_closed(port: int, request: bytes) -> bytes:
    """Send `request`; return everything until the server closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        writer.write(request)
        async with asyncio.timeout(DEADLINE_SECONDS):
            while piece := await reader.read(65_536):
                answer += piece
    except ConnectionResetError:
        pass
    finally:
        writer.close()
    return answer


@pytest.mark.parametrize(
    ("phase", "request_bytes", "answer"),
    [
        ("header_seconds", b"", b""),
        ("header_seconds", b"GET / HT", b""),
        ("header_seconds", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n", b""),
        ("header_seconds", b"\r\n\r\n", b""),
        ("header_seconds", b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HT", b"HTTP/1.1 200"),
        ("request_seconds", FORM_WITHOUT_END, b""),
        ("idle_seconds", b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 200"),
        ("idle_seconds", b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n\r\n", b"HTTP/1.1 200"),
    ],
    ids=range(8),
)
async def test_each_phase_of_a_request_has_a_deadline(running, phase: str, request_bytes: bytes, answer: bytes) -> None:
    async with running(sockets=impatient(phase)) as replica:
        received = await answer_until_closed(replica.port, request_bytes)
        assert received.startswith(answer)
        assert bool(received) == bool(answer)


async def test_headers_without_end_are_refused_by_their_size(running) -> None:
    async with running(sockets=PATIENT) as replica:
        received = await answer_until_closed(replica.port, b"GET / HTTP/1.1\r\n" + b"X-A: " + b"b" * 400_000)
        assert received.startswith(b"HTTP/1.1 400") or received == b""  # The reset may overtake the answer.


async def test_a_large_upload_is_not_taken_for_headers(running) -> None:
    async with running(sockets=PATIENT) as replica, httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client:
        sent = await client.post(
            f"{replica.url}/v1/rest",
            headers={"X-Pilot-Resume": "x" * 60_000, "Content-Type": "audio/L16;rate=16000"},
            content=b"\0" * 1_400_000,
        )
        assert sent.status_code == 410


async def test_silent_connections_do_not_keep_a_guest_out(running) -> None:
    async with running(sockets=SocketLimits(connections=20, header_seconds=LONG)) as replica:
        silent = [await asyncio.open_connection("127.0.0.1", replica.port) for _ in range(60)]
        async with httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client:
            assert (await client.get(f"{replica.url}/c/{replica.code}")).status_code == 200
        async with replica.page() as page:
            await page.begin("text")
        for _, writer in silent:
            writer.close()


async def test_a_conversation_outlives_every_deadline_of_requests(running) -> None:
    short = SocketLimits(
        connections=20, header_seconds=SHORT, request_seconds=SHORT, response_seconds=SHORT, idle_seconds=SHORT
    )
    async with running(sockets=short) as replica, replica.page() as page:
        await page.begin("text")
        assert await answer_until_closed(replica.port, b"") == b""  # By then each deadline has passed.
        assert await answer_until_closed(replica.port, b"") == b""
        await page.send("ping", at_ms=1.0)
        await page.until("pong")


@pytest.mark.parametrize("last", [b"", b"Connection: close\r\n"], ids=["kept alive", "closing"])
async def test_a_reader_who_does_not_read_is_cut_off(running, last: bytes) -> None:
    request = b"GET /static/page.css HTTP/1.1\r\nHost: localhost\r\n%s\r\n"
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        deaf.setblocking(False)
        async with running(sockets=impatient("response_seconds")) as replica:
            loop = asyncio.get_running_loop()
            await loop.sock_connect(deaf, ("127.0.0.1", replica.port))
            with contextlib.suppress(OSError):
                async with asyncio.timeout(DEADLINE_SECONDS):
                    await loop.sock_sendall(deaf, request % b"" * 600 + request % last)
            async with asyncio.timeout(DEADLINE_SECONDS):
                server = replica.server
                while server.config.open_connections.count or server.server_state.tasks:  # noqa: ASYNC110 -- no event
                    await asyncio.sleep(0.01)


async def test_the_register_is_empty_when_all_have_left(running) -> None:
    async with running() as replica:
        open_connections = replica.server.config.open_connections
        async with replica.page() as page, httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client:
            await page.begin("text")
            await client.get(f"{replica.url}/health/live")
            assert open_connections.count >= 2
        async with asyncio.timeout(DEADLINE_SECONDS):
            while open_connections.count:  # noqa: ASYNC110 -- the server has no event for it
                await asyncio.sleep(0.01)
