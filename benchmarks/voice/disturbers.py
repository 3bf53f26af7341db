"""Clients that no edge wishes for: one that reads a byte a second, ones that vanish while they speak."""

from __future__ import annotations

import asyncio
import json
import random
import socket
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake
from websockets.protocol import State
from websockets.uri import parse_uri

from pilot.events import CONSENT_VERSION
from proving.journey.connection import connected
from proving.journey.errors import JourneyFailed
from proving.journey.microphone import Microphone
from proving.load.guest import Guest, Manner
from proving.load.utterances import Utterance

SMALL_BUFFER_BYTES = 2048
READ_EVERY_SECONDS = 1.0
DISTURBERS = 2  # At a time: they take the places of as many good guests.
SLOW_LIFE_SECONDS = 120.0
SHORTEST_LIFE_SECONDS, LONGEST_LIFE_SECONDS = 2.0, 12.0
FROZEN_SECONDS = 60.0  # Longer than the edge's ping and pong deadlines together.
HELLO = {
    "type": "hello",
    "v": 1,
    "language": "en",
    "client": {"browser": "disturber"},
    "simulated": True,
}


async def slow_reader(url: str, *, code: str, utterance: Utterance) -> None:
    """Talk without end and read one byte a second, until the edge has enough or the time is over."""
    parts = urlsplit(url)
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
    plain.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(plain, (parts.hostname, parts.port))
    protocol = ClientProtocol(parse_uri(f"ws://{parts.netloc}/ws/v1"))
    request = protocol.connect()
    request.headers["User-Agent"] = f"disturber/slow.{random.getrandbits(32)}"
    protocol.send_request(request)

    async def flush() -> None:
        for body in protocol.data_to_send():
            await loop.sock_sendall(plain, body)

    async def send(kind: str, **fields: object) -> None:
        protocol.send_text(json.dumps({"type": kind, **fields}).encode())
        await flush()

    async def frames(body: bytes) -> None:
        protocol.send_binary(body)
        await flush()

    async def drip() -> None:
        while await loop.sock_recv(plain, 1):  # noqa: ASYNC110 - a slow reader waits for nothing but time
            await asyncio.sleep(READ_EVERY_SECONDS)

    tasks: list[asyncio.Task[None]] = []
    try:
        await flush()
        while protocol.state is State.CONNECTING:
            protocol.receive_data(await loop.sock_recv(plain, 512))
        if protocol.handshake_exc is not None:
            raise protocol.handshake_exc
        await send(**{"kind" if name == "type" else name: value for name, value in HELLO.items()}, code=code)
        await send("start", mode="voice", language="en")
        await send("consent", granted=True, version=CONSENT_VERSION, scope=["transcript"])
        await send("microphone", result="granted", sample_rate=48_000)
        microphone = Microphone(frames, now_ms=lambda: loop.time() * 1000)
        tasks = [asyncio.create_task(microphone.stay_open()), asyncio.create_task(drip())]

        async def speak() -> None:
            while True:
                await microphone.say(utterance.speech)
                await asyncio.sleep(1.0)

        tasks.append(asyncio.create_task(speak()))
        await asyncio.wait(tasks, timeout=SLOW_LIFE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    except (OSError, InvalidHandshake):
        pass  # The edge has hung up: that is its right.
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        plain.close()


async def vanishing(url: str, *, code: str, utterances: Sequence[Utterance], chance: random.Random) -> None:
    """Start talking and vanish: half of these clients reset the connection, half leave it open and silent."""
    with suppress(JourneyFailed):
        async with connected(url, user_agent=f"disturber/{chance.getrandbits(32)}") as connection:
            guest = Guest(
                connection,
                code=code,
                number=0,
                manner=Manner(),
                utterances=iter(chance.sample(list(utterances), k=len(utterances))),
                chance=chance,
            )
            talking = asyncio.create_task(guest.converse())
            await asyncio.wait({talking}, timeout=chance.uniform(SHORTEST_LIFE_SECONDS, LONGEST_LIFE_SECONDS))
            transport = connection.transport
            if chance.random() < 0.5:
                transport.pause_reading()  # No pong leaves any more: the edge sees a line that is half open.
                guest.microphone.hush()
                guest.mute()
                await asyncio.wait({talking}, timeout=FROZEN_SECONDS)
            transport.abort()
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)


async def disturb(url: str, *, code: str, utterances: Sequence[Utterance], seed: int) -> None:
    """Keep one slow and one vanishing client on the edge until cancelled."""

    async def again_slow() -> None:
        while True:
            await slow_reader(url, code=code, utterance=utterances[0])
            await asyncio.sleep(READ_EVERY_SECONDS)

    async def again_vanishing() -> None:
        chance = random.Random(seed)
        while True:
            await vanishing(url, code=code, utterances=utterances, chance=chance)
            await asyncio.sleep(READ_EVERY_SECONDS)

    async with asyncio.TaskGroup() as group:
        group.create_task(again_slow())
        group.create_task(again_vanishing())
