"""A phone that does not give up: talks, pings, resumes, and writes down all that the guest would see.

Like the customer's page it keeps the sound that nobody has acknowledged, up to a whole turn, and sends it again.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from pilot.events import CONSENT_VERSION
from proving.journey.microphone import Microphone
from proving.load.utterances import Utterance

PING_SECONDS = 4.0
SILENT_SECONDS = 8.0  # Nothing at all for so long, not even a pong: the line is dead.
RETRY_SECONDS = 1.0
OPEN_SECONDS = 4.0
GIVE_UP_SECONDS = 60.0
THOUGHT_SECONDS = 1.0
FINAL_CLOSES = (1000, 4400, 4403, 4404, 4413)
HIDDEN = ("ack", "pong")
KEPT_FRAMES = 1125  # 45 s, as the page
DEAF = ("replying", "review", "ended")  # The microphone rests.


@dataclass
class Seen:
    """One thing that the guest saw or did."""

    at_s: float
    what: str
    detail: str = ""


@dataclass
class Visit:
    """One guest's visit over all its connections."""

    session_id: str = ""
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    resumed: int = 0
    completed: bool = False
    longest_wait_s: float = 0.0
    said: list[str] = field(default_factory=list)
    acknowledged: set[tuple[int, int]] = field(default_factory=set)


class Phone:
    """Holds one visit; `on` is called with each message, so that a fault can occur at the right moment."""

    def __init__(
        self,
        *,
        address: Callable[[], str],
        code: str,
        utterances: Iterator[Utterance],
        on: Callable[[str, dict[str, Any]], None] = lambda kind, fields: None,
    ) -> None:
        self._address = address
        self._code = code
        self._utterances = utterances
        self._on_message = on
        self._zero = time.perf_counter()
        self._snapshot: str | None = None
        self._shown: set[int] = set()
        self._spoken_at: float | None = None
        self._heard_from = 0.0
        self._tasks: list[asyncio.Task[Any]] = []
        self._speaking: asyncio.Task[None] | None = None
        self._capturing: asyncio.Task[None] | None = None
        self._microphone = Microphone(self._capture, now_ms=lambda: self.now() * 1000)
        self._kept: deque[bytes] = deque(maxlen=KEPT_FRAMES)
        self._socket: ClientConnection | None = None  # Where frames go; None while the line is down.
        self._state = ""
        self.visit = Visit()

    def now(self) -> float:
        return time.perf_counter() - self._zero

    def note(self, what: str, detail: str = "") -> None:
        self.visit.seen.append(Seen(round(self.now(), 2), what, detail))

    async def hold(self, *, seconds: float) -> Visit:
        """Visit until the feedback is sent, the edge says no, or the time is over."""
        lost_at: float | None = None
        try:
            async with asyncio.timeout(seconds):
                while not self.visit.completed:
                    try:
                        async with asyncio.timeout(OPEN_SECONDS):
                            socket = await connect(f"{self._address()}/ws/v1", proxy=None, ping_interval=None)
                    except (OSError, TimeoutError, InvalidHandshake) as error:
                        lost_at = lost_at or self.now()
                        self.note("cannot connect", type(error).__name__)
                        if self.now() - lost_at > GIVE_UP_SECONDS:
                            self.note("gives up")
                            break
                        await asyncio.sleep(RETRY_SECONDS)
                        continue
                    lost_at = None
                    code = await self._talk(socket)
                    self.note("connection closed", str(code))
                    if code in FINAL_CLOSES:
                        break
                    await asyncio.sleep(RETRY_SECONDS)
        except TimeoutError:
            self.note("time is over", "the guest would still be waiting")
        finally:
            for task in (self._capturing, self._speaking):
                if task is not None:
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)
        return self.visit

    async def _talk(self, socket: ClientConnection) -> int | None:
        self.visit.connections += 1
        self._heard_from = self.now()
        hello: dict[str, Any] = {
            "v": 1,
            "code": self._code,
            "language": "en",
            "client": {"browser": "benchmark"},
            "simulated": True,
        }
        try:
            if self._snapshot:
                hello["resume"] = self._snapshot
            await self._send(socket, "hello", **hello)
            self._tasks = [asyncio.create_task(self._ping(socket))]
            async for raw in socket:
                self._heard_from = self.now()
                fields = json.loads(raw)
                self._on_message(fields["type"], fields)
                await self._take(socket, fields)
        except ConnectionClosed:
            pass
        finally:
            self._socket = None
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            socket.transport.abort()
        return socket.close_code

    async def _ping(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(PING_SECONDS)
                if self.now() - self._heard_from > SILENT_SECONDS:
                    self.note("the line is dead", f"nothing for {SILENT_SECONDS:g} s")
                    socket.transport.abort()
                    return
                await self._send(socket, "ping", at_ms=self.now() * 1000)

    async def _take(self, socket: ClientConnection, fields: dict[str, Any]) -> None:
        kind = fields["type"]
        if kind not in HIDDEN:
            self._see(kind, fields)
        match kind:
            case "ack":
                self._snapshot = fields["snapshot"]
                while self._kept and _number(self._kept[0]) <= fields["frame"]:
                    self._kept.popleft()
                self.visit.acknowledged |= {(fields["epoch"], seq) for seq in range(fields["seq"] + 1)}
            case "welcome":
                self.visit.session_id = fields["session_id"]
                if fields["resumed"]:
                    self.visit.resumed += 1
                    await self._send(socket, "mode", mode="voice")
                    await self._send_again(socket)
                else:
                    await self._send(socket, "start", mode="voice", language="en")
                    await self._send(socket, "consent", granted=True, version=CONSENT_VERSION, scope=["transcript"])
            case "question" if self._capturing is None:
                self._capturing = asyncio.create_task(self._microphone.stay_open())
                await self._send(socket, "microphone", result="granted", sample_rate=48_000)
                self._socket = socket
            case "state":
                self._state = fields["state"]
                silent = self._speaking is None or self._speaking.done()
                if self._state == "listening" and silent and self._spoken_at is None:
                    self._speaking = asyncio.create_task(self._speak())
            case "reply":
                if self._spoken_at is not None and fields["text"]:
                    self.visit.longest_wait_s = max(self.visit.longest_wait_s, round(self.now() - self._spoken_at, 2))
                    self._spoken_at = None
                if fields["turn"] not in self._shown and fields["text"]:
                    self._shown.add(fields["turn"])
                    await self._send(socket, "shown", turn=fields["turn"], at_ms=self.now() * 1000)
                if fields["final"]:
                    self._microphone.hush()
                    if self._speaking is not None:
                        self._speaking.cancel()
            case "busy":  # The guest taps again when the page says so.
                self._tasks.append(asyncio.create_task(self._tap(socket, seconds=fields["retry_after_s"])))
            case "review":
                await self._send(socket, "finish")
            case "completed":
                self.visit.completed = True

    async def _tap(self, socket: ClientConnection, *, seconds: float) -> None:
        await asyncio.sleep(seconds)
        with suppress(ConnectionClosed):
            await self._send(socket, "mode", mode="voice")

    async def _capture(self, frame: bytes) -> None:
        if self._state in DEAF:
            return
        self._kept.append(frame)
        if self._socket is not None:
            with suppress(ConnectionClosed):
                await self._socket.send(frame)

    async def _send_again(self, socket: ClientConnection) -> None:
        """Send what is kept, in order, and whatever is captured meanwhile; then frames go out as they come."""
        last = -1
        while (waiting := [frame for frame in self._kept if _number(frame) > last]) != []:
            for frame in waiting:
                await socket.send(frame)
            last = _number(waiting[-1])
        self._socket = socket

    async def _speak(self) -> None:
        await asyncio.sleep(THOUGHT_SECONDS)
        utterance = next(self._utterances)
        self.visit.said.append(utterance.text)
        self.note("guest speaks", utterance.text)
        await self._microphone.say(utterance.speech)
        self._spoken_at = self.now()
        self.note("guest falls silent")

    def _see(self, kind: str, fields: dict[str, Any]) -> None:
        match kind:
            case "state":
                self.note(f"state {fields['state']}")
            case "error":
                self.note(f"error {fields['code']}", fields["message"])
            case "reply":
                self.note(f"reply to {fields['turn']}", f"{fields['author']}, {fields['purpose']}: {fields['text']}")
            case "heard":
                self.note(f"heard {fields['turn']}", fields["text"])
            case "welcome":
                self.note("welcome", "resumed" if fields["resumed"] else "new session")
            case "question":
                self.note(f"question {fields['turn']}", fields["text"])
            case _:
                self.note(kind)

    @staticmethod
    async def _send(socket: ClientConnection, kind: str, **fields: Any) -> None:
        await socket.send(json.dumps({"type": kind, **fields}))


def _number(frame: bytes) -> int:
    return int.from_bytes(frame[4:8], "little")
