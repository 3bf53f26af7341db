"""Attacks a replica by exhaustion: silent sockets, costly texts, a huge client, endless edits.

python -m tests.attacks.exhaustion            # the figures, against a replica of its own on loopback
python -m tests.attacks.exhaustion --port 8000 --code K7M2QP    # against one that runs here already
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import resource
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import websockets

from pilot.settings import Settings
from storage.home import open_home
from storage.store.cafes import codes
from tests.edge_process import running_edge
from tests.ports import free_ports

CHECKOUT = Path(__file__).parents[2]
ATTACKER, GUEST = "203.0.113.66", "203.0.113.7"
GUEST_PEER = "127.0.0.7"  # As 127.0.1.*, a loopback address that is no trusted proxy.
FILES = 1_024  # The usual limit of open files, also the hardest one here.
GUEST_SECONDS = 20.0
BOMBS = {"signs": "@1", "streets": "1 Ab ", "years": "2019, "}


@dataclass(frozen=True, slots=True)
class Target:
    """A replica to attack."""

    port: int
    code: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What an attack did to an honest guest.

    Attributes:
        attempts: Connections or messages of the attacker.
        held: How many of them the replica still serves.
        guest_seconds: The guest's time to a page or an answer; None if there was none within 20 s.
    """

    attempts: int
    held: int
    guest_seconds: float | None


async def guest_page(target: Target) -> float | None:
    """Return the seconds in which an honest guest gets the page; None if not at all."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(GUEST_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", target.port, local_addr=(GUEST_PEER, 0))
            writer.write(f"GET /c/{target.code} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            answer = await reader.read()
            writer.close()
    except (OSError, TimeoutError):
        return None
    return time.monotonic() - began if answer.startswith(b"HTTP/1.1 200") else None


async def guest_hello(target: Target) -> float | None:
    """Return the seconds in which an honest guest is welcomed; None if not at all."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(GUEST_SECONDS), connected(target, address=GUEST) as socket:
            await send(socket, "hello", v=1, code=target.code, language="sv", simulated=True)
            return time.monotonic() - began if (await until(socket, "welcome", "error"))["type"] == "welcome" else None
    except (OSError, TimeoutError, websockets.WebSocketException):
        return None


async def silent_connections(target: Target, *, number: int, addresses: int = 1) -> Figures:
    """Open TCP connections that send nothing, from so many addresses."""
    opened = []
    for each in range(number):
        peer = f"127.0.1.{1 + each % addresses}"
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(2.0):
                opened.append(await asyncio.open_connection("127.0.0.1", target.port, local_addr=(peer, 0)))
    seconds = await guest_page(target)
    held = sum([not await has_ended(reader) for reader, _ in opened])
    for _, writer in opened:
        writer.close()
    return Figures(attempts=number, held=held, guest_seconds=seconds)


async def sockets_without_hello(target: Target, *, number: int) -> Figures:
    """Open WebSockets that never say hello."""
    async with contextlib.AsyncExitStack() as stack:
        opened = []
        for _ in range(number):
            with contextlib.suppress(OSError, TimeoutError, websockets.WebSocketException):
                async with asyncio.timeout(2.0):
                    opened.append(await stack.enter_async_context(connected(target, address=ATTACKER)))
        seconds = await guest_hello(target)
        held = sum(socket.close_code is None for socket in opened)
    return Figures(attempts=number, held=held, guest_seconds=seconds)


async def redaction_bombs(target: Target, *, sockets: int, bomb: str, characters: int = 2_000) -> Figures:
    """Type costly texts on several connections at once; the guest waits for the answer to a ping."""
    text = (BOMBS[bomb] * characters)[:characters]
    async with contextlib.AsyncExitStack() as stack:
        guest = await stack.enter_async_context(connected(target, address=GUEST))
        await begin(guest, target)
        attackers = [await stack.enter_async_context(connected(target, address=ATTACKER)) for _ in range(sockets)]
        for each in attackers:
            await begin(each, target)
            await send(each, "text", text=text)
        for number in range(50):
            for each in attackers:
                with contextlib.suppress(websockets.WebSocketException):
                    await send(each, "edit", turn=1, text=text[number % 5 :])
        began = time.monotonic()
        try:
            async with asyncio.timeout(GUEST_SECONDS):
                await send(guest, "ping", at_ms=1.0)
                await until(guest, "pong")
            seconds = time.monotonic() - began
        except TimeoutError:
            seconds = None
        held = sum(each.close_code is None for each in attackers)
        for each in [guest, *attackers]:
            each.transport.abort()
    return Figures(attempts=sockets * 51, held=held, guest_seconds=seconds)


async def huge_client(target: Target, *, characters: int = 60_000) -> int:
    """Say hello with a huge client; return the bytes of the acknowledgement, 0 if refused."""
    async with connected(target, address=ATTACKER) as socket:
        junk = "".join(chr(0x4E00 + number % 20_000) for number in range(characters // 3))
        client = {"browser": "x", "junk": junk}
        await send(socket, "hello", v=1, code=target.code, language="sv", client=client, simulated=True)
        answer = await until(socket, "ack", "error")
        return len(json.dumps(answer)) if answer["type"] == "ack" else 0


async def endless_edits(target: Target, *, number: int) -> Figures:
    """Edit one turn again and again, as fast as allowed; return how many edits were recorded."""
    recorded = 0
    async with connected(target, address=ATTACKER) as socket:
        await begin(socket, target)
        await send(socket, "text", text="Kaffet var kallt och kön var lång vid lunch")
        while (await until(socket, "question"))["turn"] < 2:
            continue
        began = time.monotonic()
        with contextlib.suppress(websockets.WebSocketException):
            for each in range(number):
                await send(socket, "edit", turn=1, text=f"Kaffet var kallt, {each}")
                recorded += (await until(socket, "ack", "error"))["type"] == "ack"
                await asyncio.sleep(0.05)  # Twenty messages a second are allowed.
    return Figures(attempts=number, held=recorded, guest_seconds=time.monotonic() - began)


async def has_ended(reader: asyncio.StreamReader) -> bool:
    """Return whether the replica has closed this connection."""
    try:
        async with asyncio.timeout(0.001):
            return await reader.read(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


@contextlib.asynccontextmanager
async def connected(target: Target, *, address: str) -> AsyncIterator[websockets.ClientConnection]:
    """Connect to the replica as a page behind its proxy, with a guest's address."""
    async with websockets.connect(
        f"ws://127.0.0.1:{target.port}/ws/v1",
        additional_headers={"X-Forwarded-For": address},
        max_size=None,
        ping_interval=None,
        close_timeout=0.1,
        proxy=None,
    ) as socket:
        yield socket


async def send(socket: websockets.ClientConnection, type: str, **fields: Any) -> None:  # noqa: A002
    """Send one message."""
    await socket.send(json.dumps({"type": type, **fields}, ensure_ascii=False))


async def until(socket: websockets.ClientConnection, *types: str) -> dict[str, Any]:
    """Return the next message of one of `types`."""
    async with asyncio.timeout(60.0):
        while True:
            message: dict[str, Any] = json.loads(await socket.recv())
            if message["type"] in types:
                return message


async def begin(socket: websockets.ClientConnection, target: Target) -> None:
    """Proceed to the first question, in writing."""
    await send(socket, "hello", v=1, code=target.code, language="sv", client={"browser": "x"}, simulated=True)
    await send(socket, "start", mode="text", language="sv")
    await send(socket, "consent", granted=True, version="2026-11", scope=["transcript"])
    await until(socket, "question")


@contextlib.asynccontextmanager
async def own_target(home: Path) -> AsyncIterator[Target]:
    """Run a replica with the usual limit of open files, which trusts one loopback address as its proxy."""
    opened = open_home(Settings(home=home, cafes_file=CHECKOUT / "cafes.toml"))
    code = codes.issue(opened.store(), cafe="aurora", label="table", actor="attack").code
    (port,) = free_ports(1)
    async with running_edge(
        home,
        port=port,
        stdout=asyncio.subprocess.DEVNULL,
        settings={"PILOT_TRUSTED_PROXIES": "127.0.0.1"},
        files=FILES,
    ):
        yield Target(port, code)


async def print_figures(target: Target) -> None:
    """Run every attack at full size, and print what each did."""
    for addresses in (1, 10):
        silent = await silent_connections(target, number=1_100, addresses=addresses)
        print(
            f"silent TCP, {addresses} addresses: {silent.attempts} opened, {silent.held} held; "
            f"a guest's page: {shown(silent.guest_seconds)}"
        )
    mute = await sockets_without_hello(target, number=1_250)
    print(f"without hello: {mute.attempts} opened, {mute.held} held; a guest's welcome: {shown(mute.guest_seconds)}")
    print(f"client of 60 kB: {await huge_client(target)} bytes in each acknowledgement")
    edits = await endless_edits(target, number=400)
    print(f"edits: {edits.attempts} sent, {edits.held} recorded")
    for bomb in BOMBS:
        bombs = await redaction_bombs(target, sockets=12, bomb=bomb)
        print(f"redaction ({bomb}): {bombs.attempts} texts; a guest's pong: {shown(bombs.guest_seconds)}")


def shown(seconds: float | None) -> str:
    """Return a time to print."""
    return f"none within {GUEST_SECONDS:.0f} s" if seconds is None else f"{seconds:.2f} s"


async def main() -> None:
    """Attack the replica named on the command line, or an own one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int)
    parser.add_argument("--code", default="")
    options = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 8_192)), hard))
    if options.port:
        await print_figures(Target(options.port, options.code))
        return
    with tempfile.TemporaryDirectory() as home:
        async with own_target(Path(home) / "home") as target:
            await print_figures(target)


if __name__ == "__main__":
    asyncio.run(main())
