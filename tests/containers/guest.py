"""A guest who writes, and keeps what a page keeps: the snapshot and the acknowledged events."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import websockets

ANSWERS = (
    "Kaffet var kallt när det kom till bordet.",
    "Jag fick vänta tio minuter vid disken. Sätt en till i kassan vid lunch.",
)
MESSAGE_SECONDS = 60.0


class Guest:
    """See the module."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.session_id = ""
        self.snapshot: str | None = None
        self.receipt = ""
        self.acknowledged: set[tuple[int, int]] = set()
        self.welcomes: list[dict[str, Any]] = []

    async def say(self, socket: websockets.ClientConnection, **message: Any) -> None:
        """Send a message."""
        await socket.send(json.dumps(message))

    async def hello(self, socket: websockets.ClientConnection) -> None:
        """Begin, or resume what the snapshot holds."""
        await self.say(
            socket, type="hello", v=1, code=self.code, language="sv", client={"browser": "Test"}, simulated=True,
            resume=self.snapshot,
        )  # fmt: skip

    async def begin(self, socket: websockets.ClientConnection) -> None:
        """Come to the first question, in writing."""
        await self.hello(socket)
        await self.say(socket, type="start", mode="text", language="sv")
        await self.say(socket, type="consent", granted=True, version="2026-11", scope=["transcript"])
        await self.hear_until(socket, "question")

    async def answer(self, socket: websockets.ClientConnection, number: int) -> None:
        """Answer a question, and wait for the next one or the review."""
        await self.say(socket, type="text", text=ANSWERS[number])
        await self.hear_until(socket, "question" if number + 1 < len(ANSWERS) else "review")

    async def finish(self, socket: websockets.ClientConnection) -> None:
        """Send what was written."""
        await self.say(socket, type="finish")
        self.receipt = (await self.hear_until(socket, "completed"))["receipt"]

    async def hear_until(self, socket: websockets.ClientConnection, kind: str) -> dict[str, Any]:
        """Return the next message of a kind."""
        async with asyncio.timeout(MESSAGE_SECONDS):
            async for raw in socket:
                message = json.loads(raw)
                if message["type"] == "welcome":
                    self.session_id = message["session_id"]
                    self.welcomes.append(message)
                if message["type"] == "ack":
                    self.snapshot = message["snapshot"]
                    self.acknowledged |= {(message["epoch"], seq) for seq in range(message["seq"] + 1)}
                if message["type"] == kind:
                    return message
        raise AssertionError(f"no {kind} came")
