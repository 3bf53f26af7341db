"""The relay and the trust page, checked by a client that trusts this authority only."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from operations.phone.certificate import Certificate, certificate_for
from operations.phone.relay import PortTaken, tls_relay
from operations.phone.trust_page import AUTHORITY_PATH, render_trust_page, serve_trust_page

LOOPBACK = "127.0.0.1"


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return certificate_for(LOOPBACK, folder=tmp_path, now=datetime.now(UTC))


def trusting(certificate: Certificate) -> ssl.SSLContext:
    """Return a client's TLS context that trusts this authority only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=certificate.authority)
    return context


@asynccontextmanager
async def echo() -> AsyncIterator[int]:
    """An edge that echoes its input."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, LOOPBACK, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


HEAD = b"GET /ws/v1 HTTP/1.1\r\nHost: phone:8443\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


@pytest.mark.asyncio
async def test_bytes_after_the_head_pass_unchanged_both_ways(certificate: Certificate) -> None:
    body = bytes(range(256)) * 4000
    async with (
        asyncio.timeout(20),
        echo() as edge,
        tls_relay(address=LOOPBACK, port=0, to_port=edge, context=certificate.context()) as port,
    ):
        reader, writer = await asyncio.open_connection(LOOPBACK, port, ssl=trusting(certificate))
        sending = asyncio.create_task(_send(writer, HEAD + body))
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"host: phone:8443" in head and b"x-forwarded-for: 127.0.0.1" in head
        assert await reader.readexactly(len(body)) == body
        await sending
        writer.close()


async def _send(writer: asyncio.StreamWriter, body: bytes) -> None:
    writer.write(body)
    await writer.drain()


@pytest.mark.asyncio
async def test_without_an_edge_the_connection_ends_and_the_next_is_accepted(certificate: Certificate) -> None:
    async with echo() as closed_port:
        pass
    async with (
        asyncio.timeout(20),
        tls_relay(address=LOOPBACK, port=0, to_port=closed_port, context=certificate.context()) as port,
    ):
        for _ in range(2):
            reader, writer = await asyncio.open_connection(LOOPBACK, port, ssl=trusting(certificate))
            writer.write(HEAD)
            assert await reader.read() == b""
            writer.close()


@pytest.mark.asyncio
async def test_stopping_the_relay_closes_open_connections(certificate: Certificate) -> None:
    async with asyncio.timeout(20), echo() as edge:
        async with tls_relay(address=LOOPBACK, port=0, to_port=edge, context=certificate.context()) as port:
            reader, writer = await asyncio.open_connection(LOOPBACK, port, ssl=trusting(certificate))
            writer.write(HEAD)
            await reader.readuntil(b"\r\n\r\n")
        assert await reader.read() == b""
        writer.close()


@pytest.mark.asyncio
async def test_the_error_names_a_taken_port(certificate: Certificate) -> None:
    async with echo() as taken:
        with pytest.raises(PortTaken, match=f"127.0.0.1:{taken}"):
            async with tls_relay(address=LOOPBACK, port=taken, to_port=1, context=certificate.context()):
                pass


@pytest.mark.asyncio
async def test_the_trust_page_links_to_the_cafes_and_serves_the_authority(certificate: Certificate) -> None:
    html = render_trust_page(
        links={"Café <Aurora>": "https://192.168.1.20:8443/c/ABC234?simulated=1"}, fingerprint=certificate.fingerprint
    )
    async with (
        serve_trust_page(address=LOOPBACK, port=0, html=html, authority=certificate.authority) as port,
        httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}", timeout=10) as client,
    ):
        page = await client.get("/")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "Café &lt;Aurora&gt;" in page.text
        assert 'href="https://192.168.1.20:8443/c/ABC234?simulated=1&amp;lang=sv"' in page.text
        assert certificate.fingerprint in page.text
        authority = await client.get(AUTHORITY_PATH)
        assert authority.headers["content-type"] == "application/x-x509-ca-cert"
        assert authority.content == certificate.authority
        assert (await client.get("/../key.pem")).status_code == 404
        assert (await client.post("/")).status_code == 405
