"""A phone behind the relay is limited like any guest, and cannot forge its address."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from operations.phone import relay as relaying
from operations.phone.certificate import Certificate, certificate_for
from operations.phone.relay import tls_relay
from operations.phone.request_head import InvalidHead, read_head
from pilot.settings import Settings
from storage.home import open_home
from storage.store.cafes import codes as stored_codes
from tests.voice_edge.public_replica import CHECKOUT
from tests.voice_edge.replicas import running_replica
from voice_edge.doors.rates import RATES

LOOPBACK = "127.0.0.1"
PHONE = "192.168.1.20"


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return certificate_for(LOOPBACK, folder=tmp_path / "phone", now=datetime.now(UTC))


@pytest.fixture
def client_context(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=certificate.authority)
    return context


@pytest.fixture
async def phone(
    tmp_path: Path, certificate: Certificate, client_context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of a real replica behind the relay, as a phone on the local network."""
    home = open_home(Settings(home=tmp_path / "home", cafes_file=CHECKOUT / "cafes.toml"))
    stored_codes.issue(home.store(), cafe="aurora", label="table", actor="test")

    async def from_the_network(reader: asyncio.StreamReader, *, phone: str) -> bytes:
        return await read_head(reader, phone=PHONE)

    monkeypatch.setattr(relaying, "read_head", from_the_network)
    async with (
        running_replica(home) as replica,
        tls_relay(address=LOOPBACK, port=0, to_port=replica.port, context=certificate.context()) as port,
        httpx.AsyncClient(
            base_url=f"https://{LOOPBACK}:{port}", verify=client_context, trust_env=False, timeout=60
        ) as client,
    ):
        yield client


@pytest.mark.parametrize(
    "forged",
    [
        lambda n: {},
        lambda n: {"X-Forwarded-For": f"203.0.113.{n}"},
        lambda n: {"x_forwarded_for": f"203.0.113.{n}", "Forwarded": f"for=203.0.113.{n}"},
        lambda n: {"X-Forwarded-For": "127.0.0.1"},
        lambda n: {"X-Real-IP": f"203.0.113.{n}", "Via": "1.1 proxy"},
    ],
)
async def test_guesses_of_a_code_are_limited_whatever_address_is_forged(
    phone: httpx.AsyncClient, forged: Callable[[int], dict[str, str]]
) -> None:
    statuses = [(await phone.get(f"/c/{n:06d}", headers=forged(n))).status_code for n in range(35)]
    assert statuses[0] == 404
    assert 429 in statuses[RATES["unknown_code"].times - 1 :]


async def test_the_metrics_are_closed_to_the_network(phone: httpx.AsyncClient) -> None:
    assert (await phone.get("/metrics")).status_code == 404
    assert (await phone.get("/metrics", headers={"Upgrade": "h2c", "Connection": "Upgrade"})).status_code == 404
    assert (await phone.get("/health/live")).status_code == 200


@pytest.mark.parametrize(
    "first",
    [
        b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"POST /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_a_second_request_on_a_connection_is_not_served(
    phone: httpx.AsyncClient, client_context: ssl.SSLContext, first: bytes
) -> None:
    assert phone.base_url.port is not None
    reader, writer = await asyncio.open_connection(LOOPBACK, phone.base_url.port, ssl=client_context)
    writer.write(first + b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    async with asyncio.timeout(30):
        answered = await reader.read()
    writer.close()
    assert answered.count(b"HTTP/1.1 ") == 1
    assert b"# HELP" not in answered


@pytest.mark.parametrize(
    "bytes_sent",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",  # no host
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For : 1.2.3.4\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\rX-Forwarded-For: 1.2.3.4\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nLong: " + b"x" * 40_000,
    ],
)
async def test_a_connection_without_a_valid_head_is_refused(bytes_sent: bytes) -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(bytes_sent)
    reader.feed_eof()
    with pytest.raises(InvalidHead):
        await read_head(reader, phone=PHONE)


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
async def test_a_forged_address_is_replaced_in_every_way_of_writing_it(end: bytes) -> None:
    lines = [
        b"POST /v1/rest HTTP/1.1", b"Host: phone:8443", b"X-FORWARDED-FOR: 1.2.3.4", b"X-Forwarded-Proto: http",
        b"X_Forwarded_For: 1.2.3.4", b"X-Forwarded-Host: evil", b"Forwarded: for=1.2.3.4", b"Connection: keep-alive",
        b"X-Folded: a", b" X-Forwarded-For: 1.2.3.4", b"Content-Length: 4",
    ]  # fmt: skip
    reader = asyncio.StreamReader()
    reader.feed_data(end.join(lines) + end + end + b"body")
    reader.feed_eof()
    head, _, body = (await read_head(reader, phone=PHONE)).partition(b"\r\n\r\n")
    names = [line.partition(b":")[0].lower() for line in head.split(b"\r\n")[1:]]
    assert sorted(names) == [
        b"connection", b"content-length", b"host", b"x-folded", b"x-forwarded-for", b"x-forwarded-proto"
    ]  # fmt: skip
    assert f"x-forwarded-for: {PHONE}".encode() in head.lower() and b"connection: close" in head.lower()
    assert body == b"body"


async def test_one_phone_cannot_hold_every_connection(
    certificate: Certificate, client_context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "MAX_CONNECTIONS_PER_ADDRESS", 2)
    async with (
        asyncio.timeout(30),
        tls_relay(address=LOOPBACK, port=0, to_port=1, context=certificate.context()) as port,
    ):
        silent = [await asyncio.open_connection(LOOPBACK, port, ssl=client_context) for _ in range(3)]
        assert await silent[2][0].read() == b""
        for _, writer in silent:
            writer.close()


async def test_a_silent_phone_is_disconnected(
    certificate: Certificate, client_context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "HEAD_TIMEOUT_SECONDS", 0.01)
    async with (
        asyncio.timeout(30),
        tls_relay(address=LOOPBACK, port=0, to_port=1, context=certificate.context()) as port,
    ):
        reader, writer = await asyncio.open_connection(LOOPBACK, port, ssl=client_context)
        writer.write(b"GET / HTTP/1.1\r\n")
        assert await reader.read() == b""
        writer.close()
