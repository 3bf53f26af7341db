"""A client that speaks the protocol as a customer's page does."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import websockets

from tests.voice_edge.stand_ins import LOUD
from tests.waiting import DEADLINE_SECONDS
from voice_edge.protocol import AudioFrame, encode_frame

FRAME_SAMPLES = 640  # 40 ms


@dataclass
class Page:
    """A customer's page on one connection."""

    socket: websockets.ClientConnection
    replica: Any
    seen: list[dict[str, Any]] = field(default_factory=list)
    frame_number: int = 0
    captured_ms: float = 1_000.0
    snapshot: str = ""
    session_id: str = ""

    async def send(self, type: str, **fields: Any) -> None:  # noqa: A002
        await self.socket.send(json.dumps({"type": type, **fields}))

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(DEADLINE_SECONDS):
            message = json.loads(await self.socket.recv())
        self.seen.append(message)
        if message["type"] == "ack":
            self.snapshot = message["snapshot"]
        if message["type"] == "welcome":
            self.session_id = message["session_id"]
        return message

    async def until(self, type: str, **match: Any) -> dict[str, Any]:  # noqa: A002
        while True:
            message = await self.receive()
            if message["type"] == type and all(message.get(name) == value for name, value in match.items()):
                return message

    async def closed(self) -> int:
        """Read until the connection closes; return the close code."""
        try:
            while True:
                await self.receive()
        except websockets.ConnectionClosed as closed:
            assert closed.rcvd is not None
            return closed.rcvd.code

    async def hello(self, **changes: Any) -> dict[str, Any]:
        fields = {
            "v": 1,
            "code": self.replica.code,
            "language": "sv",
            "client": {"browser": "Safari", "os": "iOS", "os_major": "26", "in_app": False},
            "simulated": True,
            **changes,
        }
        await self.send("hello", **fields)
        return await self.until("welcome")

    async def begin(self, mode: str = "text", language: str = "sv", **changes: Any) -> dict[str, Any]:
        """Proceed to the first question, with the microphone granted in voice mode."""
        await self.hello(language=language, **changes)
        await self.send("start", mode=mode, language=language)
        await self.send("consent", granted=True, version="2026-11", scope=["transcript"])
        question = await self.until("question")
        if mode == "voice":
            await self.send("microphone", result="granted", sample_rate=48000)
            await self.until("state", state="listening")
        return question

    async def audio(self, seconds: float, *, loud: bool, paced: bool = False) -> None:
        """Send audio at the clock's pace; `paced` waits until the edge has read each frame."""
        pcm = np.full(FRAME_SAMPLES, LOUD if loud else 0, dtype="<i2").tobytes()
        for _ in range(round(seconds * 16_000 / FRAME_SAMPLES)):
            await self.socket.send(encode_frame(AudioFrame(self.frame_number, self.captured_ms, pcm)))
            self.frame_number += 1
            self.captured_ms += 40.0
            if paced:
                await (await self.socket.ping())
                await asyncio.sleep(0.001)
            await self.replica.clock.advance(0.04)

    async def speak(self, seconds: float = 2.0, silence: float = 0.8) -> None:
        await self.audio(seconds, loud=True)
        await self.audio(silence, loud=False)

    async def write(self, text: str) -> dict[str, Any]:
        """Type a turn and wait for its final reply."""
        await self.send("text", text=text)
        return await self.until("reply", final=True)
